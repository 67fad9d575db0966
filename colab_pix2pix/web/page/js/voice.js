/** One model in the loop: makes its input of a frame, and its output of that. */

import { Condition } from "./model/condition.js";
import { drawCentre, setSize, TensorCanvas } from "./pixels.js";

/** All arrays are made once and used for every frame. */
export class Voice {
  /** @param {import("./model/network.js").Network} network */
  constructor(network) {
    const { image_width: width, image_height: height, input_channels: channels } = network.metadata;
    this.network = network;
    this.condition = new Condition(network.metadata);
    this.input = new Float32Array(width * height * channels);
    this.context = document.createElement("canvas").getContext("2d", { willReadFrequently: true, alpha: false });
    setSize(this.context.canvas, { width, height });
    this.previousOutput = null;
  }

  /** @returns {{width: number, height: number}} Of what the network sees. */
  get inputSize() {
    return this.condition.size;
  }

  /** @returns {{width: number, height: number}} Of what it makes. */
  get outputSize() {
    const { output_width: width, output_height: height } = this.network.metadata;
    return { width, height };
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
    drawCentre(this.context, element, mirrored);
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
    const { input, context } = this;
    this.again ??= new Float32Array(input.length);
    drawCentre(context, picture, false); // seen at the border where it becomes smaller
    drawCentre(context, picture, false, zoom);
    this.readFrame(this.again);
    for (let i = 0; i < input.length; i++) input[i] += share * (this.again[i] - input[i]);
  }

  readFrame(input, options) {
    const { width, height } = this.inputSize;
    const { data: rgba } = this.context.getImageData(0, 0, width, height);
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
