/** Where frames come from: one source takes the place of another. */

import { loadAsset } from "./assets.js";
import { byId } from "./dom.js";
import { showCameras } from "./interface/controls.js";
import { clearError, showError } from "./interface/notice.js";
import { Camera, cameraIsAllowed } from "./sources/camera.js";
import { ImageFile } from "./sources/image_file.js";
import { RETRY_MS, sleep } from "./waiting.js";

export class SourceSwitch {
  /**
   * @param {object} parts
   * @param {import("./frame_loop.js").FrameLoop} parts.loop
   * @param {import("./sources/drawing.js").Drawing} parts.drawing
   * @param {import("./interface/pens.js").Pens} parts.pens
   * @param {object} parts.settings As in `url_settings.js`; read only.
   * @param {(source: import("./frame_loop.js").Source, isChosen: boolean) => void} parts.onChange Another
   *   one is shown: because somebody wants it, or in the place of one that is missing.
   */
  constructor({ loop, drawing, pens, settings, onChange }) {
    Object.assign(this, { loop, drawing, pens, settings, onChange });
  }

  /**
   * @param {import("./frame_loop.js").Source} source Takes the place of the one before.
   * @param {{isChosen?: boolean}} options `isChosen`: false where another one was wanted.
   */
  show(source, { isChosen = true } = {}) {
    this.keepExample(source);
    this.loop.setSource(source);
    byId("source").replaceChildren(source.element);
    for (const button of document.querySelectorAll("[data-source]")) {
      button.setAttribute("aria-pressed", button.dataset.source === source.kind);
    }
    byId("pens").hidden = source.kind !== "draw";
    document.documentElement.classList.toggle("drawing", source.kind === "draw");
    byId("row-device").hidden = true;
    if (source.kind === "camera") showCameras(source.deviceId);
    this.onChange(source, isChosen);
  }

  /** What was shown before can be drawn on. */
  keepExample(next) {
    const { source: previous, isMirrored } = this.loop;
    if (next === this.drawing && previous && previous !== next) this.pens.keepExample(previous, isMirrored);
  }

  async startDrawing() {
    this.show(this.drawing);
    const sample = this.pens.example ? null : await readSample();
    if (sample) this.pens.keepExample(sample, false);
  }

  async startCamera() {
    const { width, height } = this.loop.lead?.inputSize ?? { width: 256, height: 256 };
    const lines = Math.max(height, 0.75 * width); // cameras are at least as wide as 4:3
    this.show(await Camera.start(this.settings.device ?? "", lines));
  }

  async startSample(options) {
    const sample = await readSample();
    this.show(sample ?? this.drawing, options);
  }

  async startFirst() {
    const { settings } = this;
    if (settings.source === "draw") return this.startDrawing();
    const wantsCamera = settings.source === "camera" || (settings.exhibition && !settings.source);
    const mayUseCamera = settings.source !== "picture" && (await cameraIsAllowed());
    if (!wantsCamera && !mayUseCamera) return this.startSample();
    try {
      await this.startCamera();
    } catch (error) {
      await this.startSample({ isChosen: !settings.exhibition });
      if (settings.exhibition) this.retryCamera();
      throw error;
    }
  }

  /** In an exhibition nobody presses a button: a camera that is plugged in later is found. */
  async retryCamera() {
    while (this.settings.exhibition && this.loop.source?.kind !== "camera") {
      await sleep(RETRY_MS);
      await this.startCamera().then(clearError, () => {}); // the first refusal has been shown
    }
  }

  /** Starts the camera again that was unplugged, or lost while the machine slept. */
  async restartCamera() {
    if (this.loop.source.kind !== "camera") return;
    try {
      await this.startCamera();
      clearError();
    } catch (error) {
      showError(error);
      if (!this.settings.exhibition) await this.startSample();
      else await sleep(RETRY_MS);
    }
  }
}

/** @returns {Promise<ImageFile|null>} The picture that comes with the page, where one does. */
async function readSample() {
  const path = document.body.dataset.sample;
  return path ? ImageFile.open(new Blob([await loadAsset(path)], { type: "image/jpeg" })) : null;
}
