/** Records what is shown to a video file, in the browser's own encoder. */

import { drawCentre, setSize } from "../pixels.js";
import { UserError } from "../user_error.js";

const MIME_TYPES = ["video/mp4;codecs=avc1.42E01F", "video/mp4", "video/webm;codecs=vp9", "video/webm"];
const FRAMES_PER_SECOND = 30;
const MIN_TILE_SIDE = 512; // pixels: players enlarge tiny videos badly
const BITS_PER_SECOND = 8_000_000;
const CHUNK_MS = 1000;
const KEEP_DOWNLOAD_MS = 60_000;

/** @typedef {{element: CanvasImageSource, mirrored: boolean}} Tile One picture of a recorded frame. */

export class Recorder {
  /**
   * @param {() => Tile[]} tiles What to record, from left to right, asked for at every frame.
   * @param {{width: number, height: number}} size Of the model's output in pixels.
   * @throws {UserError} This browser records nothing.
   */
  constructor(tiles, size) {
    const supported = (mimeType) => MediaRecorder.isTypeSupported(mimeType);
    const mimeType = globalThis.MediaRecorder && MIME_TYPES.find(supported);
    if (!mimeType) {
      throw new UserError("This browser records no videos.", "Record the screen, or use Chrome or Firefox.");
    }
    this.tiles = tiles;
    this.tileCanvas = document.createElement("canvas");
    setSize(this.tileCanvas, tileSize(size));
    this.canvas = document.createElement("canvas");
    setSize(this.canvas, { ...tileSize(size), width: this.tileCanvas.width * tiles().length });
    this.drawFrame();
    this.chunks = [];
    const stream = this.canvas.captureStream(FRAMES_PER_SECOND);
    this.recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: BITS_PER_SECOND });
    this.recorder.ondataavailable = ({ data }) => data.size && this.chunks.push(data);
    this.recorder.start(CHUNK_MS);
    this.started = performance.now();
    // Also where nothing changes: a video of a still image needs frames too.
    this.timer = setInterval(() => this.drawFrame(), 1000 / FRAMES_PER_SECOND);
  }

  get seconds() {
    return (performance.now() - this.started) / 1000;
  }

  drawFrame() {
    const frame = this.canvas.getContext("2d");
    const tile = this.tileCanvas.getContext("2d");
    this.tiles().forEach(({ element, mirrored }, index) => {
      drawCentre(tile, element, mirrored);
      frame.drawImage(this.tileCanvas, index * this.tileCanvas.width, 0);
    });
  }

  /** @returns {Promise<{blob: Blob, extension: string}>} The video, and what its name ends in. */
  async stop() {
    clearInterval(this.timer);
    await new Promise((resolve) => {
      this.recorder.onstop = resolve;
      this.recorder.stop();
    });
    this.recorder.stream.getTracks().forEach((track) => track.stop());
    const type = this.recorder.mimeType.split(";")[0];
    const blob = new Blob(this.chunks, { type });
    this.chunks = [];
    return { blob, extension: type.split("/")[1] };
  }
}

/** @returns {{width: number, height: number}} Large enough for players, in even numbers for encoders. */
function tileSize({ width, height }) {
  const scale = Math.max(1, MIN_TILE_SIDE / Math.min(width, height));
  const even = (side) => 2 * Math.round((side * scale) / 2);
  return { width: even(width), height: even(height) };
}

/** Gives a file to the visitor, as a link with `download` does. */
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEEP_DOWNLOAD_MS);
}
