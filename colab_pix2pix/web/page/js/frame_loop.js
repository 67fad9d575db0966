/**
 * The loop: a frame of the source becomes a model input, the network makes its output, both are shown.
 *
 * One frame is in work at a time, and the next is taken when it is done: nothing queues up, so what
 * is shown is never older than it must be. Where nothing changes, nothing is computed.
 */

import { pixelSize, TensorCanvas } from "./pixels.js";
import { Voice } from "./voice.js";

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
   * @param {(error: Error, index: number) => Promise<void>} listeners.onError A network failed, the first
   *   or the second; the loop goes on when it has done what it can.
   */
  constructor({ input, output }, { onFrame, onIdle, onError }) {
    this.inputCanvas = new TensorCanvas(input);
    this.outputCanvas = new TensorCanvas(output);
    this.onFrame = onFrame;
    this.onIdle = onIdle;
    this.onError = onError;
    this.voices = []; // one, or two that are mixed
    this.mix = 0; // share of the second
    this.smoothing = 0;
    this.feedback = 0; // share of the last output in the next input
    this.zoom = 1; // how much larger it becomes on the way
    this.keepDropout = false;
    this.mirrored = null; // as the source has it
    this.paused = false;
    this.frames = 0;
    this.speed = null;
    this.made = null; // the newest output with what it was made of; null while it is replaced
    this.framesDue = 1; // to be made although nothing changes
  }

  /** The model that more of what is shown is of; what is said about "the model" is said about it. */
  get lead() {
    return this.voices[this.mix > 0.5 ? this.voices.length - 1 : 0];
  }

  get network() {
    return this.lead?.network;
  }

  get condition() {
    return this.lead?.condition;
  }

  /** Those that are heard: a model without a share computes nothing. */
  get activeVoices() {
    if (this.voices.length < 2 || this.mix <= 0) return this.voices.slice(0, 1);
    return this.mix >= 1 ? this.voices.slice(1) : this.voices;
  }

  /**
   * @param {import("./model/network.js").Network|null} network Replaces the one before, which is closed;
   *   null leaves the second place empty.
   * @param {number} index 0, or 1 for the second one.
   */
  setNetwork(network, index = 0) {
    const previous = this.voices[index];
    this.voices.splice(index, 1, ...(network ? [new Voice(network)] : []));
    this.made = null;
    this.speed = null;
    previous?.network.close();
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
        await this.onError(error, 0);
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
    const hasNewDropout = !this.keepDropout && this.activeVoices.some((voice) => voice.hasDropout);
    if (this.framesDue <= 0 && !hasNewDropout && this.feedback <= 0) return false;
    this.framesDue -= 1;
    return true;
  }

  async processFrame(started) {
    const { source, lead } = this;
    const voices = this.activeVoices;
    this.made = null; // its input is overwritten
    for (const voice of voices) {
      voice.see(source.element, this.isMirrored, { isLineArt: source.isLineArt });
      const picture = this.outputCanvas.canvas;
      if (this.feedback > 0 && this.frames > 0) voice.seeAgain(picture, this.feedback, this.zoom);
    }
    const { blurFactor } = lead.condition; // may change while the network is at work
    const prepared = performance.now();
    const running = voices.map(({ network, input }) => network.run(input, this.keepDropout));
    this.inputCanvas.show(lead.input, lead.inputSize); // while the network is at work
    const results = await Promise.allSettled(running);
    if (voices.some((voice) => !this.voices.includes(voice))) return; // it was replaced meanwhile
    const failed = results.findIndex(({ status }) => status === "rejected");
    if (failed >= 0) return this.onError(results[failed].reason, this.voices.indexOf(voices[failed]));
    const computed = performance.now();
    const outputs = results.map(({ value }) => value);
    const { network, input } = lead;
    this.made = { network, input, output: outputs[voices.indexOf(lead)], blurFactor };
    this.show(voices, outputs);
    this.frames += 1;
    this.measure(prepared - started, computed - prepared, performance.now() - started);
    this.onFrame();
  }

  show(voices, outputs) {
    const smooth = voices.map((voice, index) => voice.smooth(outputs[index], this.smoothing));
    if (voices.length === 1) return this.outputCanvas.show(smooth[0], voices[0].outputSize);
    const [one, other] = voices.map((voice, index) => voice.paint(smooth[index]));
    this.outputCanvas.blend(one, other, this.mix);
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
