/** An image file as a source of frames. */

import { UserError } from "../user_error.js";

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
        "{file} is no picture that this browser reads.",
        "Choose a JPEG, PNG or WebP.",
        { cause: error, file: file.name },
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
