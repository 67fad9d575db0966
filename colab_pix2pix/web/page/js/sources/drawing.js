/** A sheet of paper as a source of frames: mouse, finger, pen, or the arrow keys. */

import { _ } from "../language.js";
import { drawCentre, setSize } from "../pixels.js";
import { Blank, Print, Sheet, Stroke } from "./sheet.js";

const LONGER_SIDE = 512; // pixels of the sheet
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
    setSize(this.element, { width: LONGER_SIDE, height: LONGER_SIDE });
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "application");
    this.element.setAttribute(
      "aria-label",
      _("Sheet to draw on. Arrow keys move the pen, with Shift they draw, Delete clears the sheet."),
    );
    this.sheet = new Sheet(this.element, paper);
    this.strokes = new Map(); // pointer id -> the line it draws
    this.centreCursor();
    this.element.addEventListener("pointerdown", (event) => this.handleDown(event));
    this.element.addEventListener("pointermove", (event) => this.handleMove(event));
    this.element.addEventListener("pointerup", (event) => this.strokes.delete(event.pointerId));
    this.element.addEventListener("pointercancel", (event) => this.strokes.delete(event.pointerId));
    this.element.addEventListener("keydown", (event) => this.handleKey(event));
  }

  /** Of the arrow keys. */
  centreCursor() {
    this.cursor = { x: this.element.width / 2, y: this.element.height / 2 };
  }

  /**
   * Gives the sheet the proportions of a model's pictures. What is drawn stays, as far as it fits; it
   * can't be taken back any more.
   *
   * @param {{width: number, height: number}} size
   */
  fit({ width, height }) {
    const scale = LONGER_SIDE / Math.max(width, height);
    const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
    if (size.width === this.element.width && size.height === this.element.height) return;
    const { isBlank } = this.sheet;
    const drawn = this.copyOf(this.element, this.element);
    setSize(this.element, size);
    this.change(() => {
      this.sheet = new Sheet(this.element, this.paper);
      if (!isBlank) this.sheet.add(new Print(this.copyOf(drawn, size)));
    });
    this.centreCursor();
  }

  /** @returns {HTMLCanvasElement} The centre of an element at a size, on paper. */
  copyOf(element, size, { sharp = false } = {}) {
    const context = document.createElement("canvas").getContext("2d");
    setSize(context.canvas, size);
    context.fillStyle = this.paper; // behind what is transparent
    context.fillRect(0, 0, size.width, size.height);
    context.imageSmoothingEnabled = !sharp;
    drawCentre(context, element, false);
    return context.canvas;
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
   * @param {HTMLElement} element An image or canvas; its centre is taken.
   * @param {{sharp?: boolean}} options `sharp`: its pixels become squares.
   */
  print(element, { sharp = false } = {}) {
    const copy = this.copyOf(element, this.element, { sharp });
    this.change(() => this.sheet.add(new Print(copy)));
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
    const clamp = (value, side) => Math.min(side, Math.max(0, value));
    const { width, height } = this.element;
    const { x, y } = this.cursor;
    const [moveX, moveY] = direction.map((step) => KEY_STEP * step);
    const point = { x: clamp(x + moveX, width), y: clamp(y + moveY, height) };
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
    const scale = this.element.width / box.width;
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
