/** Pictures between elements, bytes and floats. */

/** Draws the centre square of an image, video or canvas over a whole square canvas. */
export function drawSquare(context, element, mirrored) {
  const { width, height } = sizeOf(element);
  const side = Math.min(width, height);
  const target = context.canvas.width;
  context.setTransform(mirrored ? -1 : 1, 0, 0, 1, mirrored ? target : 0, 0);
  context.drawImage(element, (width - side) / 2, (height - side) / 2, side, side, 0, 0, target, target);
  context.setTransform(1, 0, 0, 1, 0, 0);
}

/** @returns {{width: number, height: number}} In pixels of the picture; 0 while there is none. */
export function sizeOf(element) {
  return {
    width: element.videoWidth ?? element.naturalWidth ?? element.width,
    height: element.videoHeight ?? element.naturalHeight ?? element.height,
  };
}

/**
 * @param {Float32Array} image `size × size × channels` in [−1, 1]; 1 channel is shown as grey.
 * @param {Uint8ClampedArray} rgba Filled: `size × size × 4`; it rounds and clips by itself.
 */
export function toRgba(image, rgba) {
  const channels = (4 * image.length) / rgba.length;
  const green = channels === 1 ? 0 : 1;
  const blue = channels === 1 ? 0 : 2;
  for (let i = 0, j = 0; j < rgba.length; i += channels, j += 4) {
    rgba[j] = (image[i] + 1) * 127.5;
    rgba[j + 1] = (image[i + green] + 1) * 127.5;
    rgba[j + 2] = (image[i + blue] + 1) * 127.5;
    rgba[j + 3] = 255;
  }
}

/** A square canvas that shows floats, with the bytes it needs. */
export class Screen {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  /** @param {Float32Array} image `size × size × 1 or 3` in [−1, 1]. */
  show(image, size) {
    if (this.bytes?.width !== size) {
      this.canvas.width = this.canvas.height = size;
      this.bytes = new ImageData(size, size);
    }
    toRgba(image, this.bytes.data);
    this.context.putImageData(this.bytes, 0, 0);
  }
}
