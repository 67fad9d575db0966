/**
 * The loop: a picture of the source becomes an input, the network makes its picture, both are shown.
 *
 * One picture is in work at a time, and the next is taken when it is done: nothing queues up, so what
 * is shown is never older than it must be. Where nothing changes, nothing is computed.
 */

import { Condition } from "./model/condition.js";
import { drawSquare, Screen, sizeOf } from "./pixels.js";

const FASTEST_MS = 15; // pictures come at most about as often as a screen shows them
const SETTLING = 40; // more pictures after the last change, for the smoothing to end
const SHARE_NEW = 0.1; // of a measurement in its running mean

export class Live {
  /**
   * @param {{seen: HTMLCanvasElement, result: HTMLCanvasElement}} canvases
   * @param {{onPicture: () => void, onTrouble: (error: Error) => Promise<void>}} listeners
   *   `onTrouble`: the network failed; the loop goes on when it has done what it can.
   */
  constructor({ seen, result }, { onPicture, onTrouble }) {
    this.seen = new Screen(seen);
    this.result = new Screen(result);
    this.listeners = { onPicture, onTrouble };
    this.smooth = 0;
    this.still = false;
    this.mirrored = null; // as the source has it
    this.paused = false;
    this.frames = 0;
    this.speed = null;
    this.left = 1; // pictures to make although nothing changes
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  }

  /** @param {import("./model/network.js").Network} network Replaces the one before, which is closed. */
  useNetwork(network) {
    const before = this.network;
    const { image_size: size, input_channels: channels } = network.about;
    this.condition = new Condition(network.about);
    this.input = new Float32Array(size * size * channels);
    this.canvas.width = this.canvas.height = size;
    this.before = null;
    this.speed = null;
    this.network = network;
    before?.close();
    this.change();
  }

  /** @param {object} source Replaces the one before, which is stopped. */
  useSource(source) {
    const before = this.source;
    this.source = source;
    this.version = null;
    if (before && before !== source) before.stop();
    this.change();
  }

  get isMirrored() {
    return this.mirrored ?? this.source?.mirrored ?? false;
  }

  /** To be called when a setting changes. */
  change() {
    this.left = this.smooth > 0 ? SETTLING : 1;
  }

  start() {
    if (!this.running) this.running = this.turn();
  }

  async turn() {
    for (;;) {
      const started = performance.now();
      if (!this.hasWork()) {
        this.last = null;
        await nextScreen();
        continue;
      }
      try {
        await this.makePicture(started);
      } catch (error) {
        await this.listeners.onTrouble(error);
      }
      if (performance.now() - started < FASTEST_MS) await nextScreen();
      else await soon();
    }
  }

  hasWork() {
    if (!this.network || !this.source || this.paused || document.hidden) return false;
    if (!sizeOf(this.source.element).width) return false;
    const version = this.source.version;
    if (version !== this.version) {
      this.version = version;
      this.change();
    }
    const flickers = this.network.about.mode === "paper" && !this.still;
    if (this.left <= 0 && !flickers) return false;
    this.left -= 1;
    return true;
  }

  async makePicture(started) {
    const { network, condition, source } = this;
    const { image_size: size, output_size: made } = network.about;
    drawSquare(this.context, source.element, this.isMirrored);
    const { data } = this.context.getImageData(0, 0, size, size);
    condition.make(data, this.input, { drawn: source.drawn });
    const prepared = performance.now();
    const running = network.run(this.input, this.still);
    this.seen.show(this.input, size); // while the network is at work
    let image;
    try {
      image = await running;
    } catch (error) {
      if (network !== this.network) return; // it was replaced meanwhile
      throw error;
    }
    if (network !== this.network) return;
    const computed = performance.now();
    this.result.show(this.smoothed(image), made);
    this.frames += 1;
    this.measure(prepared - started, computed - prepared, performance.now() - started);
    this.listeners.onPicture();
  }

  /** @returns {Float32Array} The picture, blended with those before as `apply --smooth` does. */
  smoothed(image) {
    const { smooth, before } = this;
    if (smooth > 0 && before) {
      for (let i = 0; i < image.length; i++) image[i] = smooth * before[i] + (1 - smooth) * image[i];
    }
    this.before = image;
    return image;
  }

  measure(preparing, computing, whole) {
    const now = performance.now();
    const between = this.last ? Math.min(now - this.last, 2000) : whole;
    this.last = now;
    const measured = { preparing, computing, whole, between };
    if (!this.speed) this.speed = measured;
    for (const name in measured) this.speed[name] += SHARE_NEW * (measured[name] - this.speed[name]);
  }
}

/** Resolves when the screen shows the next picture; never while the page is hidden. */
function nextScreen() {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}

/** Resolves at once, after what else waits: a click, a painting. */
function soon() {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
