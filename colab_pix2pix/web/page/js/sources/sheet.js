/** What was drawn on a sheet, as a list of actions: each can be taken back, and done again. */

import { setSize } from "../pixels.js";

const MAX_ACTIONS = 60; // older ones stay on the sheet, and can't be taken back any more

/** A line, drawn from dot to dot while the pen moves. */
export class Stroke {
  /** @param {string} colour As CSS writes it. */
  constructor(colour) {
    this.colour = colour;
    this.dots = [];
  }

  /** @param {{x: number, y: number, width: number}} dot In the sheet's pixels. */
  add(dot, context) {
    this.dots.push(dot);
    this.drawTo(this.dots.length - 1, context);
  }

  draw(context) {
    for (let index = 0; index < this.dots.length; index++) this.drawTo(index, context);
  }

  drawTo(index, context) {
    const to = this.dots[index];
    const from = this.dots[Math.max(0, index - 1)];
    context.strokeStyle = this.colour;
    context.lineWidth = to.width;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x + 0.01, to.y); // a line without length would leave no dot
    context.stroke();
  }
}

/** The whole sheet in one colour. */
export class Blank {
  coversAll = true;

  constructor(colour) {
    this.colour = colour;
  }

  draw(context) {
    context.fillStyle = this.colour;
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  }
}

/** The whole sheet as a picture. */
export class Print {
  coversAll = true;

  /** @param {HTMLCanvasElement} canvas As large as the sheet; is kept. */
  constructor(canvas) {
    this.canvas = canvas;
  }

  draw(context) {
    context.drawImage(this.canvas, 0, 0);
  }
}

export class Sheet {
  /** @param {HTMLCanvasElement} canvas @param {string} paper Its colour. */
  constructor(canvas, paper) {
    this.context = canvas.getContext("2d");
    this.bottom = document.createElement("canvas").getContext("2d"); // what can't be taken back
    setSize(this.bottom.canvas, canvas);
    this.actions = [];
    this.undone = [];
    new Blank(paper).draw(this.bottom);
    this.redraw();
  }

  get isBlank() {
    const last = this.actions.at(-1);
    return last ? last instanceof Blank : !this.hasBottom;
  }

  /** @param {Stroke|Blank|Print} action Is drawn; what was taken back is forgotten. */
  add(action) {
    this.undone = [];
    this.actions.push(action);
    action.draw(this.context);
    if (this.actions.length <= MAX_ACTIONS) return;
    const oldest = this.actions.shift();
    oldest.draw(this.bottom);
    this.hasBottom = !(oldest instanceof Blank);
  }

  undo() {
    if (this.actions.length === 0) return;
    this.undone.push(this.actions.pop());
    this.redraw();
  }

  redo() {
    if (this.undone.length === 0) return;
    this.actions.push(this.undone.pop());
    this.actions.at(-1).draw(this.context);
  }

  redraw() {
    const first = this.actions.findLastIndex((action) => action.coversAll);
    if (first < 0) this.context.drawImage(this.bottom.canvas, 0, 0);
    for (const action of this.actions.slice(Math.max(0, first))) action.draw(this.context);
  }
}
