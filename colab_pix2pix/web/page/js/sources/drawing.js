/** A sheet of paper as a source of pictures: mouse, finger, pen, or the arrow keys. */

const SIDE = 512; // pixels
const STEP = 12; // pixels that an arrow key moves the pen

export class Drawing {
  kind = "draw";
  mirrored = false;
  alive = true;
  drawn = true;
  version = 1;
  colour = "#1b1a18";
  width = 16;

  /** @param {{paper?: string}} about `paper`: its colour. */
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
    this.pens = new Map(); // pointer -> where it was
    this.place = { x: SIDE / 2, y: SIDE / 2 };
    this.clear();
    for (const name of ["down", "move", "up", "cancel"]) {
      this.element.addEventListener(`pointer${name}`, (event) => this[name](event));
    }
    this.element.addEventListener("keydown", (event) => this.key(event));
  }

  clear() {
    this.context.fillStyle = this.paper;
    this.context.fillRect(0, 0, SIDE, SIDE);
    this.version += 1;
  }

  down(event) {
    this.element.setPointerCapture(event.pointerId);
    const place = this.placeOf(event);
    this.pens.set(event.pointerId, place);
    this.line(place, place);
  }

  move(event) {
    if (!this.pens.has(event.pointerId)) return;
    for (const part of event.getCoalescedEvents?.() ?? [event]) {
      const place = this.placeOf(part);
      this.line(this.pens.get(event.pointerId), place);
      this.pens.set(event.pointerId, place);
    }
  }

  up(event) {
    this.pens.delete(event.pointerId);
  }

  cancel(event) {
    this.up(event);
  }

  key(event) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key === "Delete") this.clear();
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    const within = (value) => Math.min(SIDE, Math.max(0, value));
    const next = { x: within(this.place.x + STEP * way[0]), y: within(this.place.y + STEP * way[1]) };
    if (event.shiftKey) this.line(this.place, next);
    this.place = next;
  }

  line(from, to) {
    this.place = to;
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

  placeOf(event) {
    const box = this.element.getBoundingClientRect();
    const scale = SIDE / box.width;
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
  }

  wake() {}

  pause() {}

  stop() {}
}
