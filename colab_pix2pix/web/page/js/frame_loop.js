/**
 * The loop: a frame of the source becomes a model input, the network makes its output, both are shown.
 *
 * One frame is in work at a time, and the next is taken when it is done: nothing queues up, so what
 * is shown is never older than it must be. Where nothing changes, nothing is computed.
 */

import { Condition } from "./model/condition.js";
import { drawCentreSquare, pixelSize, TensorCanvas } from "./pixels.js";

const MIN_FRAME_MS = 15; // frames come at most about as often as a screen shows them
const SETTLE_FRAMES = 40; // more frames after the last change, for the smoothing to end
const LONGEST_GAP_MS = 2000; // between two frames that belong together
const NEW_SHARE = 0.1; // of a measurement in its running mean

/**
 * @typedef {object} Source Where frames come from.
 * @property {string} kind "camera", "picture", "video" or "draw".
 * @property {HTMLElement} element What shows the frames, and what they are drawn from.
 * @property {number|string} version Changes with each new frame.
 * @property {boolean} mirrored Whether it is shown mirrored, unless the visitor wants otherwise.
 * @property {boolean} alive False when no frames come any more.
 * @property {boolean} [isStill] Whether it stands still on purpose: nobody waits for a new frame.
 * @property {boolean} [isLineArt] Whether its frames are lines already.
 * @property {() => Promise<void>|void} resume Goes on after the page was hidden.
 * @property {(paused: boolean) => void} setPaused
 * @property {() => void} stop Gives back what it holds.
 */

export class FrameLoop {
  /**
   * @param {{input: HTMLCanvasElement, output: HTMLCanvasElement}} canvases
   * @param {object} listeners
   * @param {() => void} listeners.onFrame One was made and is shown.
   * @param {() => void} listeners.onIdle There is none to be made; called again and again.
   * @param {(error: Error) => Promise<void>} listeners.onError The network failed; the loop goes on
   *   when it has done what it can.
   */
  constructor({ input, output }, { onFrame, onIdle, onError }) {
    this.inputCanvas = new TensorCanvas(input);
    this.outputCanvas = new TensorCanvas(output);
    this.onFrame = onFrame;
    this.onIdle = onIdle;
    this.onError = onError;
    this.smoothing = 0;
    this.keepDropout = false;
    this.mirrored = null; // as the source has it
    this.paused = false;
    this.frames = 0;
    this.speed = null;
    this.made = null; // the newest output with what it was made of; null while it is replaced
    this.framesDue = 1; // to be made although nothing changes
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  }

  /** @param {import("./model/network.js").Network} network Replaces the one before, which is closed. */
  setNetwork(network) {
    const previous = this.network;
    const { image_size: size, input_channels: channels } = network.metadata;
    this.condition = new Condition(network.metadata);
    this.input = new Float32Array(size * size * channels);
    this.canvas.width = this.canvas.height = size;
    this.previousOutput = null;
    this.made = null;
    this.speed = null;
    this.network = network;
    previous?.close();
    this.invalidate();
  }

  /** @param {Source} source Replaces the one before, which is stopped. */
  setSource(source) {
    const previous = this.source;
    this.source = source;
    this.version = null;
    if (previous && previous !== source) previous.stop();
    this.invalidate();
  }

  get isMirrored() {
    return this.mirrored ?? this.source?.mirrored ?? false;
  }

  /** To be called when a setting changes: the frame is made again. */
  invalidate() {
    this.framesDue = this.smoothing > 0 ? SETTLE_FRAMES : 1;
  }

  start() {
    if (!this.running) this.running = this.run();
  }

  async run() {
    for (;;) {
      const started = performance.now();
      if (!this.takeFrame()) {
        this.lastFrameTime = null;
        this.onIdle();
        await nextAnimationFrame();
        continue;
      }
      try {
        await this.processFrame(started);
      } catch (error) {
        await this.onError(error);
      }
      if (performance.now() - started < MIN_FRAME_MS) await nextAnimationFrame();
      else await nextTask();
    }
  }

  /** @returns {boolean} Whether there is a frame to be made; it is counted as made. */
  takeFrame() {
    if (!this.network || !this.source || this.paused || document.hidden) return false;
    if (!pixelSize(this.source.element).width) return false;
    const { version } = this.source;
    if (version !== this.version) {
      this.version = version;
      this.invalidate();
    }
    const hasNewDropout = this.network.metadata.mode === "paper" && !this.keepDropout;
    if (this.framesDue <= 0 && !hasNewDropout) return false;
    this.framesDue -= 1;
    return true;
  }

  async processFrame(started) {
    const { network, condition, source } = this;
    const { image_size: inputSize, output_size: outputSize } = network.metadata;
    drawCentreSquare(this.context, source.element, this.isMirrored);
    const { data: rgba } = this.context.getImageData(0, 0, inputSize, inputSize);
    this.made = null; // its input is overwritten
    condition.makeInput(rgba, this.input, { isLineArt: source.isLineArt });
    const { blurFactor } = condition; // may change while the network is at work
    const prepared = performance.now();
    const running = network.run(this.input, this.keepDropout);
    this.inputCanvas.show(this.input, inputSize); // while the network is at work
    let output;
    try {
      output = await running;
    } catch (error) {
      if (network !== this.network) return; // it was replaced meanwhile
      throw error;
    }
    if (network !== this.network) return;
    const computed = performance.now();
    this.made = { input: this.input, output, blurFactor };
    this.outputCanvas.show(this.smooth(output), outputSize);
    this.frames += 1;
    this.measure(prepared - started, computed - prepared, performance.now() - started);
    this.onFrame();
  }

  /**
   * @param {Float32Array} output Stays as it is.
   * @returns {Float32Array} It, blended with those before as `apply --smooth` does.
   */
  smooth(output) {
    const { smoothing, previousOutput } = this;
    if (smoothing > 0 && previousOutput) {
      for (let i = 0; i < output.length; i++) {
        previousOutput[i] = smoothing * previousOutput[i] + (1 - smoothing) * output[i];
      }
      return previousOutput;
    }
    this.previousOutput = output;
    return output;
  }

  measure(preparing, computing, whole) {
    const now = performance.now();
    const between = this.lastFrameTime ? Math.min(now - this.lastFrameTime, LONGEST_GAP_MS) : whole;
    this.lastFrameTime = now;
    const measured = { preparing, computing, whole, between };
    if (!this.speed) this.speed = measured;
    for (const name in measured) this.speed[name] += NEW_SHARE * (measured[name] - this.speed[name]);
  }
}

/** Resolves when the screen shows the next frame; never while the page is hidden. */
function nextAnimationFrame() {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}

/** Resolves at once, after what else waits: a click, a painting. */
function nextTask() {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
