/**
 * The model input, made of a frame as in training (`colab_pix2pix/model/conditions.py`).
 *
 * Every number equals TensorFlow's to 1e-5, because the network has learned from TensorFlow's.
 * Frames come in as RGBA bytes `height × width × 4`, inputs go out as float32
 * `height × width × channels` in [−1, 1]. All arrays are made once and used for every frame.
 */

import { Blur, shrunkSize } from "./blur.js";

const GREY_WEIGHTS = [0.2989, 0.587, 0.114]; // of red, green, blue, as `tf.image.rgb_to_grayscale`
const EDGE_STRENGTH = 2.0;

/** Makes inputs of one size. Settings: `blurFactor` and `contrast`. */
export class Condition {
  /**
   * @param {{condition: string, blur_factor: number, image_width: number, image_height: number,
   *   input_channels: number}} metadata
   */
  constructor(metadata) {
    this.name = metadata.condition;
    this.size = { width: metadata.image_width, height: metadata.image_height };
    this.channels = metadata.input_channels;
    this.contrast = 1.0;
    this.blurFactor = metadata.blur_factor;
    const pixels = this.size.width * this.size.height;
    this.planes = Array.from({ length: this.channels }, () => new Float32Array(pixels));
    this.edges = new Float32Array(pixels);
  }

  /** How many times a 256-pixel frame is shrunk before it is enlarged again. */
  set blurFactor(factor) {
    this.factor = factor;
    const small = shrunkSize(this.size, factor);
    const { width, height } = this.blur?.small ?? {};
    if (width !== small.width || height !== small.height) this.blur = new Blur(this.size, small);
  }

  get blurFactor() {
    return this.factor;
  }

  /**
   * @param {Uint8ClampedArray} rgba `height × width × 4`.
   * @param {Float32Array} input Filled: `height × width × channels` in [−1, 1].
   * @param {{isLineArt?: boolean}} options `isLineArt`: lines are drawn already, for a model whose
   *   input is edges.
   * @returns {Float32Array} `input`.
   */
  makeInput(rgba, input, { isLineArt = false } = {}) {
    if (this.channels === 1) toGrey(rgba, this.planes[0]);
    else this.planes.forEach((plane, channel) => toChannel(rgba, channel, plane));
    if (this.name === "blurred-grey") this.planes.forEach((plane) => this.blur.apply(plane));
    if (this.name === "edges" && !isLineArt) {
      findEdges(this.planes[0], this.size, this.edges);
      this.planes[0].set(this.edges);
    }
    interleave(this.planes, input);
    if (this.contrast !== 1.0) adjustContrast(input, this.contrast);
    return input;
  }
}

function toGrey(rgba, plane) {
  const [red, green, blue] = GREY_WEIGHTS.map((weight) => weight / 127.5);
  const black = GREY_WEIGHTS[0] + GREY_WEIGHTS[1] + GREY_WEIGHTS[2];
  for (let i = 0, j = 0; i < plane.length; i++, j += 4) {
    plane[i] = red * rgba[j] + green * rgba[j + 1] + blue * rgba[j + 2] - black;
  }
}

function toChannel(rgba, channel, plane) {
  for (let i = 0, j = channel; i < plane.length; i++, j += 4) plane[i] = rgba[j] / 127.5 - 1;
}

function interleave(planes, input) {
  if (planes.length === 1) {
    input.set(planes[0]);
    return;
  }
  const count = planes.length;
  planes.forEach((plane, channel) => {
    for (let i = 0, j = channel; i < plane.length; i++, j += count) input[j] = plane[i];
  });
}

/** Contrast about the mean of the input, as training varies it. */
function adjustContrast(input, contrast) {
  let sum = 0;
  for (let i = 0; i < input.length; i++) sum += input[i];
  const mean = sum / input.length;
  for (let i = 0; i < input.length; i++) {
    input[i] = Math.min(1, Math.max(-1, (input[i] - mean) * contrast + mean));
  }
}

/** Dark lines on white where brightness changes: Sobel filters, mirrored at the border. */
function findEdges(grey, { width, height }, edges) {
  const mirrored = (index, side) => (index < 0 ? -index : index >= side ? 2 * side - 2 - index : index);
  for (let y = 0; y < height; y++) {
    const above = mirrored(y - 1, height) * width;
    const here = y * width;
    const below = mirrored(y + 1, height) * width;
    for (let x = 0; x < width; x++) {
      const left = x > 0 ? x - 1 : mirrored(-1, width);
      const right = x < width - 1 ? x + 1 : mirrored(width, width);
      const down = grey[below + left] + 2 * grey[below + x] + grey[below + right];
      const up = grey[above + left] + 2 * grey[above + x] + grey[above + right];
      const east = grey[above + right] + 2 * grey[here + right] + grey[below + right];
      const west = grey[above + left] + 2 * grey[here + left] + grey[below + left];
      const gradient = Math.sqrt((down - up) ** 2 + (east - west) ** 2) / 4;
      edges[here + x] = 1 - Math.min(2, EDGE_STRENGTH * gradient);
    }
  }
}
