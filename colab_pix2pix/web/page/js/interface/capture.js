/** What the visitor takes home: a picture, or a recorded video. */

import { byId } from "../dom.js";
import { download, Recorder } from "./recorder.js";

export class Taking {
  /**
   * @param {import("../frame_loop.js").Live} live
   * @param {() => boolean} all Whether recordings show source, input and result side by side.
   */
  constructor(live, all) {
    this.live = live;
    this.all = all;
    this.recorder = null;
  }

  savePicture() {
    byId("result").toBlob((file) => download(file, nameOf("png")));
  }

  /** Begins to record, or ends it and hands the file over. */
  async record() {
    const button = byId("record");
    if (!this.recorder) {
      this.recorder = new Recorder(() => this.shown(), byId("result").width);
      button.setAttribute("aria-pressed", true);
      this.count();
      return;
    }
    const { file, ending } = await this.recorder.stop();
    this.recorder = null;
    button.setAttribute("aria-pressed", false);
    this.count();
    download(file, nameOf(ending));
  }

  /** Shows the seconds on the button for as long as it records. */
  count() {
    const { recorder } = this;
    const words = recorder ? `Stop, ${recorder.seconds.toFixed(0)} s` : "Record";
    byId("record").querySelector("span").textContent = words;
    if (recorder) setTimeout(() => this.recorder && this.count(), 500);
  }

  /** @returns {{element: HTMLElement, mirrored: boolean}[]} What a recording shows, left to right. */
  shown() {
    const result = { element: byId("result"), mirrored: false };
    if (!this.all()) return [result];
    const source = { element: this.live.source.element, mirrored: this.live.isMirrored };
    return [source, { element: byId("seen"), mirrored: false }, result];
  }
}

/** @returns {string} A name for a file: the page's title and the time. */
function nameOf(ending) {
  const title = document.title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "") || "picture";
  const time = new Date().toISOString().slice(0, 19).replace(/[T:]/g, "-");
  return `${title}-${time}.${ending}`;
}
