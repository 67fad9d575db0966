/** A sheet of paper as a source of frames: mouse, finger, pen, or the arrow keys. */

import { _ } from "../language.js";
import { drawCentreSquare } from "../pixels.js";
import { Blank, Print, Sheet, Stroke } from "./sheet.js";

/** Pixels of the sheet, which is a square. */
export const SHEET_SIDE = 512;
const KEY_STEP = 12; // pixels that an arrow key moves the pen
const KEY_DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const LEFT_BUTTON = 0;
const ERASER_BUTTON = 5; // the other end of a pen

export class Drawing {
  kind = "draw";
  mirrored = false;
  alive = true;
  isStill = true;
  isLineArt = true;
  version = 1;
  colour = "#1b1a18";
  width = 16; // pixels of the sheet
  erasing = false;
  /** Called after each change: what can be taken back may be another thing now. */
  onChange = () => {};

  /** @param {{paper?: string}} options `paper`: its colour. */
  constructor({ paper = "#ffffff" } = {}) {
    this.paper = paper;
    this.element = document.createElement("canvas");
    this.element.width = this.element.height = SHEET_SIDE;
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "application");
    this.element.setAttribute(
      "aria-label",
      _("Sheet to draw on. Arrow keys move the pen, with Shift they draw, Delete clears the sheet."),
    );
    this.sheet = new Sheet(this.element, paper);
    this.strokes = new Map(); // pointer id -> the line it draws
    this.cursor = { x: SHEET_SIDE / 2, y: SHEET_SIDE / 2 }; // of the arrow keys
    this.element.addEventListener("pointerdown", (event) => this.handleDown(event));
    this.element.addEventListener("pointermove", (event) => this.handleMove(event));
    this.element.addEventListener("pointerup", (event) => this.strokes.delete(event.pointerId));
    this.element.addEventListener("pointercancel", (event) => this.strokes.delete(event.pointerId));
    this.element.addEventListener("keydown", (event) => this.handleKey(event));
  }

  get canUndo() {
    return this.sheet.actions.length > 0;
  }

  get canRedo() {
    return this.sheet.undone.length > 0;
  }

  undo() {
    this.change(() => this.sheet.undo());
  }

  redo() {
    this.change(() => this.sheet.redo());
  }

  clear() {
    if (!this.sheet.isBlank) this.change(() => this.sheet.add(new Blank(this.paper)));
  }

  /**
   * Puts a picture on the sheet, to be drawn on.
   *
   * @param {HTMLElement} element An image or canvas; its centre square is taken.
   * @param {{sharp?: boolean}} options `sharp`: its pixels become squares.
   */
  print(element, { sharp = false } = {}) {
    const context = document.createElement("canvas").getContext("2d");
    context.canvas.width = context.canvas.height = SHEET_SIDE;
    context.fillStyle = this.paper; // behind what is transparent
    context.fillRect(0, 0, SHEET_SIDE, SHEET_SIDE);
    context.imageSmoothingEnabled = !sharp;
    drawCentreSquare(context, element, false);
    this.change(() => this.sheet.add(new Print(context.canvas)));
  }

  /** Lines that are being drawn end here: they may be gone. */
  change(action) {
    this.strokes.clear();
    action();
    this.changed();
  }

  changed() {
    this.version += 1;
    this.onChange();
  }

  handleDown(event) {
    if (event.button !== LEFT_BUTTON && event.button !== ERASER_BUTTON) return;
    this.element.setPointerCapture(event.pointerId);
    const stroke = this.beginStroke(this.erasing || event.button === ERASER_BUTTON);
    this.strokes.set(event.pointerId, stroke);
    this.extend(stroke, this.dotOf(event));
  }

  handleMove(event) {
    const stroke = this.strokes.get(event.pointerId);
    if (!stroke) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const moved of between.length > 0 ? between : [event]) this.extend(stroke, this.dotOf(moved));
  }

  handleKey(event) {
    if (event.key === "Delete") this.clear();
    const direction = KEY_DIRECTIONS[event.key];
    if (!direction) return;
    event.preventDefault();
    const clamp = (value) => Math.min(SHEET_SIDE, Math.max(0, value));
    const { x, y } = this.cursor;
    const point = { x: clamp(x + KEY_STEP * direction[0]), y: clamp(y + KEY_STEP * direction[1]) };
    if (event.shiftKey) {
      const stroke = this.beginStroke(this.erasing);
      this.extend(stroke, { x, y, width: this.width });
      this.extend(stroke, { ...point, width: this.width });
    }
    this.cursor = point;
  }

  beginStroke(erasing) {
    const stroke = new Stroke(erasing ? this.paper : this.colour);
    this.sheet.add(stroke);
    return stroke;
  }

  extend(stroke, dot) {
    this.cursor = { x: dot.x, y: dot.y };
    stroke.add(dot, this.sheet.context);
    this.changed();
  }

  /** @returns {{x: number, y: number, width: number}} Where a pointer is, and how thick it draws there. */
  dotOf(event) {
    const box = this.element.getBoundingClientRect();
    const scale = SHEET_SIDE / box.width;
    const pressure = event.pointerType === "pen" && event.pressure > 0 ? 2 * event.pressure : 1;
    return {
      x: (event.clientX - box.left) * scale,
      y: (event.clientY - box.top) * scale,
      width: this.width * pressure,
    };
  }

  resume() {}

  setPaused() {}

  stop() {}
}
