/** Image and video files as sources of frames. */

import { UserError } from "../user_error.js";
import { VideoSource } from "./video_source.js";

export class ImageFile {
  kind = "picture";
  mirrored = false;
  version = 1;
  alive = true;
  isStill = true;

  /**
   * @param {Blob} file
   * @returns {Promise<ImageFile>} It is decoded.
   * @throws {UserError} The browser can't read it.
   */
  static async open(file) {
    const image = new Image();
    const url = URL.createObjectURL(file);
    image.src = url;
    image.alt = file.name ?? "the picture that comes with the page";
    try {
      await image.decode();
    } catch (error) {
      throw new UserError(
        `${file.name} is no picture that this browser reads.`,
        "Choose a JPEG, PNG or WebP.",
        { cause: error },
      );
    } finally {
      URL.revokeObjectURL(url);
    }
    return new ImageFile(image);
  }

  constructor(element) {
    this.element = element;
  }

  resume() {}

  setPaused() {}

  stop() {}
}

export class VideoFile extends VideoSource {
  kind = "video";
  mirrored = false;
  alive = true;

  /**
   * @param {File} file
   * @returns {Promise<VideoFile>} It plays, over and over, without sound.
   * @throws {UserError} The browser can't read it.
   */
  static async open(file) {
    const video = new VideoFile(URL.createObjectURL(file));
    try {
      await new Promise((resolve, reject) => {
        video.element.onloadeddata = resolve;
        video.element.onerror = reject;
      });
      if (!video.element.videoWidth) throw new Error("no frames");
      await video.element.play();
    } catch (error) {
      video.stop();
      throw new UserError(
        `${file.name} is no video that this browser plays.`,
        "Choose an MP4 (H.264) or a WebM.",
        { cause: error },
      );
    }
    return video;
  }

  constructor(url) {
    const attributes = { muted: true, playsInline: true, loop: true, src: url };
    super(Object.assign(document.createElement("video"), attributes));
    this.url = url;
  }

  stop() {
    this.element.onerror = null;
    this.element.pause();
    this.element.removeAttribute("src");
    this.element.load();
    URL.revokeObjectURL(this.url);
  }
}
