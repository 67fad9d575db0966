/** Picture and video files as sources of pictures. */

import { Trouble } from "../user_error.js";
import { Moving } from "./video_source.js";

export class Picture {
  kind = "picture";
  mirrored = false;
  version = 1;
  alive = true;

  /**
   * @param {Blob} file
   * @returns {Promise<Picture>} It is decoded.
   * @throws {Trouble} The browser can't read it.
   */
  static async open(file) {
    const image = new Image();
    const address = URL.createObjectURL(file);
    image.src = address;
    image.alt = file.name ?? "the picture that comes with the page";
    try {
      await image.decode();
    } catch {
      throw new Trouble(
        `${file.name} is no picture that this browser reads.`,
        "Choose a JPEG, PNG or WebP.",
      );
    } finally {
      URL.revokeObjectURL(address);
    }
    return new Picture(image);
  }

  constructor(element) {
    this.element = element;
  }

  wake() {}

  pause() {}

  stop() {}
}

export class Movie extends Moving {
  kind = "video";
  mirrored = false;
  alive = true;

  /**
   * @param {File} file
   * @returns {Promise<Movie>} It plays, over and over, without sound.
   * @throws {Trouble} The browser can't read it.
   */
  static async open(file) {
    const movie = new Movie(URL.createObjectURL(file));
    try {
      await new Promise((resolve, reject) => {
        movie.element.onloadeddata = resolve;
        movie.element.onerror = reject;
      });
      if (!movie.element.videoWidth) throw new Error("no pictures");
      await movie.element.play();
    } catch {
      movie.stop();
      throw new Trouble(
        `${file.name} is no video that this browser plays.`,
        "Choose an MP4 (H.264) or a WebM.",
      );
    }
    return movie;
  }

  constructor(address) {
    const about = { muted: true, playsInline: true, loop: true, src: address };
    super(Object.assign(document.createElement("video"), about));
    this.address = address;
  }

  stop() {
    this.element.onerror = null;
    this.element.pause();
    this.element.removeAttribute("src");
    this.element.load();
    URL.revokeObjectURL(this.address);
  }
}
