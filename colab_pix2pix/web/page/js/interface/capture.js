/** What the visitor takes home: an image, or a recorded video. */

import { byId } from "../dom.js";
import { _ } from "../language.js";
import { download, Recorder } from "./recorder.js";

const UPDATE_EVERY_MS = 500;

export class Capture {
  /**
   * @param {import("../frame_loop.js").FrameLoop} loop
   * @param {() => boolean} showsAll Whether recordings show source, input and output side by side.
   */
  constructor(loop, showsAll) {
    this.loop = loop;
    this.showsAll = showsAll;
    this.recorder = null;
  }

  saveImage() {
    byId("output").toBlob((blob) => download(blob, fileName("png")));
  }

  /** Begins to record, or ends it and hands the file over. */
  async toggleRecording() {
    const button = byId("record");
    if (!this.recorder) {
      this.recorder = new Recorder(() => this.tiles(), byId("output"));
      button.setAttribute("aria-pressed", true);
      this.updateLabel();
      return;
    }
    const { blob, extension } = await this.recorder.stop();
    this.recorder = null;
    button.setAttribute("aria-pressed", false);
    this.updateLabel();
    download(blob, fileName(extension));
  }

  /** Shows the seconds on the button for as long as it records. */
  updateLabel() {
    const { recorder } = this;
    const label = recorder ? _("Stop, {n} s", { n: recorder.seconds.toFixed(0) }) : _("Record");
    byId("record").querySelector("span").textContent = label;
    if (recorder) setTimeout(() => this.recorder && this.updateLabel(), UPDATE_EVERY_MS);
  }

  /** @returns {import("./recorder.js").Tile[]} What a recording shows, left to right. */
  tiles() {
    const output = { element: byId("output"), mirrored: false };
    if (!this.showsAll()) return [output];
    const source = { element: this.loop.source.element, mirrored: this.loop.isMirrored };
    return [source, { element: byId("input"), mirrored: false }, output];
  }
}

/** @returns {string} A name for a file: the page's title and the time. */
function fileName(extension) {
  const title = document.title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "") || "picture";
  const time = new Date().toISOString().slice(0, 19).replace(/[T:]/g, "-");
  return `${title}-${time}.${extension}`;
}
