/** One model in the loop: makes its input of a frame, and its output of that. */

import { Condition } from "./model/condition.js";
import { drawCentreSquare, TensorCanvas } from "./pixels.js";

/** All arrays are made once and used for every frame. */
export class Voice {
  /** @param {import("./model/network.js").Network} network */
  constructor(network) {
    const { image_size: size, input_channels: channels } = network.metadata;
    this.network = network;
    this.condition = new Condition(network.metadata);
    this.input = new Float32Array(size * size * channels);
    this.context = document.createElement("canvas").getContext("2d", { willReadFrequently: true, alpha: false });
    this.context.canvas.width = this.context.canvas.height = size;
    this.previousOutput = null;
  }

  get inputSize() {
    return this.network.metadata.image_size;
  }

  get outputSize() {
    return this.network.metadata.output_size;
  }

  /** Whether it makes another output of the same input. */
  get hasDropout() {
    return this.network.metadata.mode === "paper";
  }

  /**
   * Fills `input`.
   *
   * @param {HTMLElement} element What to see of a source.
   * @param {boolean} mirrored
   * @param {object} options As of `Condition.makeInput`.
   */
  see(element, mirrored, options) {
    drawCentreSquare(this.context, element, mirrored);
    this.readFrame(this.input, options);
  }

  /**
   * Mixes the last output into `input`, as an input made of it.
   *
   * @param {HTMLCanvasElement} picture The last output.
   * @param {number} share 0 to 1.
   * @param {number} zoom How much larger it became, about its centre.
   */
  seeAgain(picture, share, zoom) {
    const { input, context, inputSize: size } = this;
    this.again ??= new Float32Array(input.length);
    drawCentreSquare(context, picture, false); // seen at the border where it becomes smaller
    const side = size * zoom;
    context.drawImage(picture, (size - side) / 2, (size - side) / 2, side, side);
    this.readFrame(this.again);
    for (let i = 0; i < input.length; i++) input[i] += share * (this.again[i] - input[i]);
  }

  readFrame(input, options) {
    const { data: rgba } = this.context.getImageData(0, 0, this.inputSize, this.inputSize);
    this.condition.makeInput(rgba, input, options);
  }

  /**
   * @param {Float32Array} output Stays as it is.
   * @param {number} smoothing Share of the output before.
   * @returns {Float32Array} It, blended with those before as `apply --smooth` does.
   */
  smooth(output, smoothing) {
    const { previousOutput } = this;
    if (smoothing > 0 && previousOutput) {
      for (let i = 0; i < output.length; i++) {
        previousOutput[i] = smoothing * previousOutput[i] + (1 - smoothing) * output[i];
      }
      return previousOutput;
    }
    this.previousOutput = output;
    return output;
  }

  /** @returns {HTMLCanvasElement} The output as a picture of its own, for a mix. */
  paint(tensor) {
    this.canvas ??= new TensorCanvas(document.createElement("canvas"));
    this.canvas.show(tensor, this.outputSize);
    return this.canvas.canvas;
  }
}
