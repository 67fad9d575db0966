/**
 * A trained model in a p5.js sketch (https://p5js.org, 1 and 2), by the page's own engine:
 *
 *     model = await loadPix2Pix("model.onnx");      // in `async function setup()`
 *     image(model.see(camera), 0, 0);               // in `draw()`
 *
 * The sketch lies in the folder that `colab-pix2pix export RUN FOLDER --format web` has written; its
 * page has `<script type="module" src="pix2pix-p5.js"></script>` between p5 and the sketch.
 */

import { loadAsset } from "./js/assets.js";
import { Network } from "./js/model/network.js";
import { pixelSize, TensorCanvas } from "./js/pixels.js";
import { UserError } from "./js/user_error.js";
import { Voice } from "./js/voice.js";

const MAX_SMOOTHING = 0.95;
const DRAWABLE = [HTMLCanvasElement, HTMLImageElement, HTMLVideoElement, OffscreenCanvas, ImageBitmap];

/**
 * @param {string} path Of a model that `colab-pix2pix export` has written, beside the sketch's page.
 * @param {{backend?: string}} options `backend`: "webgpu" or "wasm", and no other.
 * @returns {Promise<Pix2Pix>} Runs on the graphics card where the browser can, else on the processor.
 * @throws {UserError} It is not there, is none of ours, or does not run here.
 */
export async function loadPix2Pix(path = "model.onnx", { backend = "" } = {}) {
  return new Pix2Pix(await Network.open(await loadAsset(path), { backend }));
}

/** A model. Settings: `smooth`, the share of the picture before, 0 to 0.95; `blur` and `contrast`. */
export class Pix2Pix {
  /** @param {Network} network */
  constructor(network) {
    this.network = network;
    this.voice = new Voice(network);
    this.smooth = 0;
    this.frames = 0; // made so far
    this.picture = this.emptyImage(); // the newest of `see`
    this.canvas = new TensorCanvas(this.picture.canvas);
    this.seeing = false;
    this.closed = false;
    this.error = null;
    this.turn = Promise.resolve(); // of the picture that is made
  }

  /** Of what it makes, in pixels. */
  get width() {
    return this.voice.outputSize.width;
  }

  get height() {
    return this.voice.outputSize.height;
  }

  /** Width and height of what it makes, where that is a square; else the longer of the two. */
  get size() {
    return Math.max(this.width, this.height);
  }

  /** What it is made for: "blurred-grey", "grey", "edges", "paired" or "none". */
  get condition() {
    return this.network.metadata.condition;
  }

  /** How many times the input is shrunk before it is enlarged again: 1 to 64. */
  get blur() {
    return this.voice.condition.blurFactor;
  }

  set blur(factor) {
    this.voice.condition.blurFactor = Math.max(1, factor);
  }

  /** Of the input: 1 leaves it as it is. */
  get contrast() {
    return this.voice.condition.contrast;
  }

  set contrast(contrast) {
    this.voice.condition.contrast = contrast;
  }

  /**
   * For `draw()`: never waits. A picture is begun where none is in work, and the newest one returned; of
   * a closed model that is the last one.
   *
   * @param {object} source A p5 camera, video, image, graphics or canvas, or an element of the page. Its
   *   middle is seen, as much as has the model's proportions.
   * @param {{mirror?: boolean, lines?: boolean}} options As of `make`.
   * @returns {p5.Image} Always the same one; empty before the first picture.
   * @throws {UserError} The source is nothing that can be seen, or the picture before failed.
   */
  see(source, options) {
    const element = elementOf(source);
    if (this.error) {
      const { error } = this;
      this.error = null;
      throw error;
    }
    if (!this.seeing && !this.closed && hasPixels(element)) {
      this.seeing = true;
      this.makeTensor(element, options)
        .then((tensor) => this.show(tensor, this.picture, this.canvas))
        .catch((error) => (this.error = this.closed ? null : error))
        .finally(() => (this.seeing = false));
    }
    return this.picture;
  }

  /**
   * @param {object} source As of `see`.
   * @param {object} options
   * @param {boolean} [options.mirror] See it mirrored.
   * @param {boolean} [options.lines] It is a drawing of lines already, for a model of edges.
   * @returns {Promise<p5.Image>} One of its own.
   * @throws {UserError} The source is nothing that can be seen, or has no picture yet.
   */
  async make(source, options) {
    const element = elementOf(source);
    if (!hasPixels(element)) throw new UserError("The source has no picture yet.", "Wait until it has loaded.");
    const image = this.emptyImage();
    this.show(await this.makeTensor(element, options), image, new TensorCanvas(image.canvas));
    return image;
  }

  /** Ends the worker with all its memory. The picture in work is dropped; `make` fails from now on. */
  close() {
    this.closed = true;
    this.error = null;
    this.network.close();
  }

  /** One at a time: they share their arrays. @returns {Promise<Float32Array>} */
  makeTensor(element, { mirror = false, lines = false } = {}) {
    const tensor = this.turn.then(async () => {
      this.voice.see(element, mirror, { isLineArt: lines });
      const output = await this.network.run(this.voice.input);
      this.frames += 1;
      return this.voice.smooth(output, Math.min(MAX_SMOOTHING, this.smooth));
    });
    this.turn = tensor.catch(() => {}); // whoever asked for it is told
    return tensor;
  }

  show(tensor, image, canvas) {
    canvas.show(tensor, this.voice.outputSize);
    image.setModified(true); // a sketch in WEBGL loads it again
  }

  emptyImage() {
    return new globalThis.p5.Image(this.width, this.height);
  }
}

/** @returns {HTMLElement} What p5 has wrapped. */
function elementOf(source) {
  const element = source?.elt ?? source?.canvas ?? source;
  if (DRAWABLE.some((kind) => element instanceof kind)) return element;
  throw new UserError(
    `The model can't see ${source === null || typeof source !== "object" ? source : "this object"}.`,
    "Give it a camera, a video, an image, a graphics or a canvas of p5.",
  );
}

function hasPixels(element) {
  const { width, height } = pixelSize(element);
  return width > 0 && height > 0 && (element.readyState ?? HTMLMediaElement.HAVE_CURRENT_DATA) >= 2;
}

globalThis.loadPix2Pix = loadPix2Pix; // a sketch is no module
