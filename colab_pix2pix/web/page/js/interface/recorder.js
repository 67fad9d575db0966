/** Records what is shown to a video file, in the browser's own encoder. */

import { drawSquare } from "../pixels.js";
import { Trouble } from "../user_error.js";

const KINDS = ["video/mp4;codecs=avc1.42E01F", "video/mp4", "video/webm;codecs=vp9", "video/webm"];
const FRAMES_PER_SECOND = 30;
const LEAST_SIDE = 512; // pixels: players enlarge tiny videos badly
const BITS_PER_SECOND = 8_000_000;

export class Recorder {
  /**
   * @param {() => {element: CanvasImageSource, mirrored: boolean}[]} pictures What to record, from left
   *   to right, asked for at every frame.
   * @param {number} size Of the result in pixels.
   * @throws {Trouble} This browser records nothing.
   */
  constructor(pictures, size) {
    const kind = globalThis.MediaRecorder && KINDS.find((name) => MediaRecorder.isTypeSupported(name));
    if (!kind) {
      throw new Trouble("This browser records no videos.", "Record the screen, or use Chrome or Firefox.");
    }
    this.pictures = pictures;
    this.side = Math.max(LEAST_SIDE, size);
    this.tile = document.createElement("canvas");
    this.tile.width = this.tile.height = this.side;
    this.sheet = document.createElement("canvas");
    this.sheet.width = this.side * pictures().length;
    this.sheet.height = this.side;
    this.draw();
    this.chunks = [];
    const stream = this.sheet.captureStream(FRAMES_PER_SECOND);
    this.recorder = new MediaRecorder(stream, { mimeType: kind, videoBitsPerSecond: BITS_PER_SECOND });
    this.recorder.ondataavailable = ({ data }) => data.size && this.chunks.push(data);
    this.recorder.start(1000);
    this.started = performance.now();
    // Also where nothing changes: a video of a still picture needs frames too.
    this.timer = setInterval(() => this.draw(), 1000 / FRAMES_PER_SECOND);
  }

  get seconds() {
    return (performance.now() - this.started) / 1000;
  }

  draw() {
    const sheet = this.sheet.getContext("2d");
    const tile = this.tile.getContext("2d");
    this.pictures().forEach(({ element, mirrored }, index) => {
      drawSquare(tile, element, mirrored);
      sheet.drawImage(this.tile, index * this.side, 0);
    });
  }

  /** @returns {Promise<{file: Blob, ending: string}>} The video, and what its name ends in. */
  async stop() {
    clearInterval(this.timer);
    await new Promise((resolve) => {
      this.recorder.onstop = resolve;
      this.recorder.stop();
    });
    this.recorder.stream.getTracks().forEach((track) => track.stop());
    const type = this.recorder.mimeType.split(";")[0];
    const file = new Blob(this.chunks, { type });
    this.chunks = [];
    return { file, ending: type.split("/")[1] };
  }
}

/** Gives a file to the visitor, as a link with `download` does. */
export function download(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
