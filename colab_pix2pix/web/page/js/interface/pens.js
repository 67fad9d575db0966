/** The pens: colours, thickness, eraser, and what takes a line back. */

import { byId } from "../dom.js";
import { _, N_ } from "../language.js";
import { Condition } from "../model/condition.js";
import { shrunkSize } from "../model/blur.js";
import { drawCentre, setSize, TensorCanvas } from "../pixels.js";

const COLOURS = {
  [N_("black")]: "#1b1a18",
  [N_("grey")]: "#85817a",
  [N_("white")]: "#ffffff",
  [N_("blue")]: "#2f6fb5",
  [N_("green")]: "#4f8f43",
  [N_("yellow")]: "#e7b93e",
  [N_("red")]: "#c0392b",
};
const GREYS = {
  black: "#1b1a18",
  [N_("dark grey")]: "#55524d",
  grey: "#85817a",
  [N_("light grey")]: "#bdb9b1",
  white: "#ffffff",
};
/** Lines as edges are: strong ones black, weak ones grey. */
const LINE_GREYS = { black: "#000000", "dark grey": "#555555", "light grey": "#aaaaaa" };
/** Pixels of the network's input: an edge in training's pictures is so thick. */
const EDGE_WIDTH = 2;
const MAX_WIDTH = 96; // pixels of the sheet
const PLAIN_WIDTH = 16;

/** @returns {number} How thick the pen is that suits a model, in pixels of the sheet. */
function fittingWidth({ condition, blur_factor: blurFactor, ...metadata }, sheet) {
  const size = inputSize(metadata);
  if (condition === "edges") return (EDGE_WIDTH * sheet.width) / size.width;
  if (condition !== "blurred-grey") return PLAIN_WIDTH;
  const cell = sheet.width / shrunkSize(size, blurFactor).width; // what is thinner, the blur takes away
  return Math.min(MAX_WIDTH, Math.max(PLAIN_WIDTH, Math.round(cell)));
}

function inputSize({ image_width: width, image_height: height }) {
  return { width, height };
}

/** @returns {Object<string, string>} Colours by their names. */
function fittingColours({ condition, input_channels: channels }) {
  if (condition === "edges") return LINE_GREYS;
  return channels === 1 ? GREYS : COLOURS;
}

export class Pens {
  /** @param {import("../sources/drawing.js").Drawing} drawing What the pens write on. */
  constructor(drawing) {
    this.drawing = drawing;
    drawing.onChange = () => this.showHistory();
    byId("pen-width").oninput = ({ target }) => (drawing.width = target.valueAsNumber);
    byId("own-colour").oninput = ({ target }) => this.choose(target.value);
    byId("eraser").onclick = () => this.setErasing(!drawing.erasing);
    byId("undo").onclick = () => drawing.undo();
    byId("redo").onclick = () => drawing.redo();
    byId("clear").onclick = () => drawing.clear();
    byId("from-picture").onclick = () => this.printExample();
    document.addEventListener("keydown", (event) => this.handleKey(event));
    this.showHistory();
  }

  /** Gives the pens and the sheet that suit a model; the visitor's choice stays where the same ones do. */
  fit(metadata) {
    this.metadata = metadata;
    const colours = fittingColours(metadata);
    this.drawing.fit(inputSize(metadata));
    const width = fittingWidth(metadata, this.drawing.element);
    if (colours !== this.colours) this.showColours(colours);
    if (width !== this.fittingWidth) this.drawing.width = this.fittingWidth = width;
    byId("pen-width").value = this.drawing.width;
    byId("row-own-colour").hidden = colours !== COLOURS;
  }

  showColours(colours) {
    this.colours = colours;
    const inputs = Object.entries(colours).map(([name, colour]) => {
      const input = Object.assign(document.createElement("input"), { type: "radio", name: "colour", value: colour });
      input.setAttribute("aria-label", _(name));
      input.style.setProperty("--colour", colour);
      input.onclick = () => this.choose(colour);
      return input;
    });
    byId("colours").replaceChildren(...inputs);
    this.choose(colours.black);
  }

  choose(colour) {
    this.drawing.colour = colour;
    for (const input of byId("colours").children) input.checked = input.value === colour;
    this.setErasing(false);
  }

  setErasing(erasing) {
    this.drawing.erasing = erasing;
    byId("eraser").setAttribute("aria-pressed", erasing);
  }

  showHistory() {
    byId("undo").setAttribute("aria-disabled", !this.drawing.canUndo);
    byId("redo").setAttribute("aria-disabled", !this.drawing.canRedo);
  }

  handleKey(event) {
    const writes = event.target.matches?.("input:not([type=range], [type=checkbox], [type=radio]), textarea");
    if (!(event.ctrlKey || event.metaKey) || byId("pens").hidden || writes) return;
    const key = event.key.toLowerCase();
    if (key === "z" && !event.shiftKey) this.drawing.undo();
    else if (key === "y" || key === "z") this.drawing.redo();
    else return;
    event.preventDefault();
  }

  /** Keeps a picture to begin with: what is shown now. @param {import("../frame_loop.js").Source} source */
  keepExample({ element }, mirrored) {
    const context = document.createElement("canvas").getContext("2d");
    setSize(context.canvas, this.drawing.element);
    drawCentre(context, element, mirrored);
    this.example = context.canvas;
    byId("from-picture").hidden = false;
  }

  printExample() {
    this.print(this.example);
  }

  /** Puts a picture on the sheet: as lines, where the model takes lines. */
  print(element) {
    const { drawing, metadata } = this;
    if (metadata?.condition !== "edges") drawing.print(element);
    else drawing.print(linesOf(element, metadata), { sharp: metadata.image_width <= drawing.element.width });
  }
}

/** @returns {HTMLCanvasElement} The edges in a picture, as the network is shown them. */
function linesOf(element, metadata) {
  const size = inputSize(metadata);
  const context = document.createElement("canvas").getContext("2d", { alpha: false });
  setSize(context.canvas, size);
  context.fillStyle = "#ffffff"; // behind what is transparent
  context.fillRect(0, 0, size.width, size.height);
  drawCentre(context, element, false);
  const { data: rgba } = context.getImageData(0, 0, size.width, size.height);
  const canvas = document.createElement("canvas");
  const input = new Float32Array(size.width * size.height * metadata.input_channels);
  new TensorCanvas(canvas).show(new Condition(metadata).makeInput(rgba, input), size);
  return canvas;
}
