/** A sheet of paper as a source of frames: mouse, finger, pen, or the arrow keys. */

const SIDE = 512; // pixels
const KEY_STEP = 12; // pixels that an arrow key moves the pen
const KEY_DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Drawing {
  kind = "draw";
  mirrored = false;
  alive = true;
  isLineArt = true;
  version = 1;
  colour = "#1b1a18";
  width = 16;

  /** @param {{paper?: string}} options `paper`: its colour. */
  constructor({ paper = "#ffffff" } = {}) {
    this.paper = paper;
    this.element = document.createElement("canvas");
    this.element.width = this.element.height = SIDE;
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "application");
    this.element.setAttribute(
      "aria-label",
      "Sheet to draw on. Arrow keys move the pen, with Shift they draw, Delete clears the sheet.",
    );
    this.context = this.element.getContext("2d");
    this.lastPoints = new Map(); // pointer id -> where it was
    this.cursor = { x: SIDE / 2, y: SIDE / 2 }; // of the arrow keys
    this.clear();
    this.element.addEventListener("pointerdown", (event) => this.handleDown(event));
    this.element.addEventListener("pointermove", (event) => this.handleMove(event));
    this.element.addEventListener("pointerup", (event) => this.handleUp(event));
    this.element.addEventListener("pointercancel", (event) => this.handleUp(event));
    this.element.addEventListener("keydown", (event) => this.handleKey(event));
  }

  clear() {
    this.context.fillStyle = this.paper;
    this.context.fillRect(0, 0, SIDE, SIDE);
    this.version += 1;
  }

  handleDown(event) {
    this.element.setPointerCapture(event.pointerId);
    const point = this.pointOf(event);
    this.lastPoints.set(event.pointerId, point);
    this.drawLine(point, point);
  }

  handleMove(event) {
    if (!this.lastPoints.has(event.pointerId)) return;
    for (const coalesced of event.getCoalescedEvents?.() ?? [event]) {
      const point = this.pointOf(coalesced);
      this.drawLine(this.lastPoints.get(event.pointerId), point);
      this.lastPoints.set(event.pointerId, point);
    }
  }

  handleUp(event) {
    this.lastPoints.delete(event.pointerId);
  }

  handleKey(event) {
    if (event.key === "Delete") this.clear();
    const direction = KEY_DIRECTIONS[event.key];
    if (!direction) return;
    event.preventDefault();
    const clamp = (value) => Math.min(SIDE, Math.max(0, value));
    const { x, y } = this.cursor;
    const point = { x: clamp(x + KEY_STEP * direction[0]), y: clamp(y + KEY_STEP * direction[1]) };
    if (event.shiftKey) this.drawLine(this.cursor, point);
    this.cursor = point;
  }

  drawLine(from, to) {
    this.cursor = to;
    const { context } = this;
    context.strokeStyle = this.colour;
    context.lineWidth = this.width;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x + 0.01, to.y); // a line without length would leave no dot
    context.stroke();
    this.version += 1;
  }

  /** @returns {{x: number, y: number}} Where on the sheet a pointer is, in its pixels. */
  pointOf(event) {
    const box = this.element.getBoundingClientRect();
    const scale = SIDE / box.width;
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
  }

  resume() {}

  setPaused() {}

  stop() {}
}
