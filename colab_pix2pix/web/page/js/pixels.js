/** Pixels between elements, bytes and tensors. */

/** Draws the centre square of an image, video or canvas over a whole square canvas. */
export function drawCentreSquare(context, element, mirrored) {
  const { width, height } = pixelSize(element);
  const side = Math.min(width, height);
  const target = context.canvas.width;
  context.setTransform(mirrored ? -1 : 1, 0, 0, 1, mirrored ? target : 0, 0);
  context.drawImage(element, (width - side) / 2, (height - side) / 2, side, side, 0, 0, target, target);
  context.setTransform(1, 0, 0, 1, 0, 0);
}

/** @returns {{width: number, height: number}} In pixels of the frame; 0 while there is none. */
export function pixelSize(element) {
  return {
    width: element.videoWidth ?? element.naturalWidth ?? element.width,
    height: element.videoHeight ?? element.naturalHeight ?? element.height,
  };
}

/**
 * @param {Float32Array} tensor `size × size × channels` in [−1, 1]; 1 channel is shown as grey.
 * @param {Uint8ClampedArray} rgba Filled: `size × size × 4`; it rounds and clips by itself.
 */
export function tensorToRgba(tensor, rgba) {
  const channels = (4 * tensor.length) / rgba.length;
  const green = channels === 1 ? 0 : 1;
  const blue = channels === 1 ? 0 : 2;
  for (let i = 0, j = 0; j < rgba.length; i += channels, j += 4) {
    rgba[j] = (tensor[i] + 1) * 127.5;
    rgba[j + 1] = (tensor[i + green] + 1) * 127.5;
    rgba[j + 2] = (tensor[i + blue] + 1) * 127.5;
    rgba[j + 3] = 255;
  }
}

/** A square canvas that shows tensors, with the bytes it needs. */
export class TensorCanvas {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  /** @param {Float32Array} tensor `size × size × 1 or 3` in [−1, 1]. */
  show(tensor, size) {
    if (this.canvas.width !== size) this.canvas.width = this.canvas.height = size;
    if (this.imageData?.width !== size) this.imageData = new ImageData(size, size);
    tensorToRgba(tensor, this.imageData.data);
    this.context.putImageData(this.imageData, 0, 0);
  }

  /** Shows two square pictures through each other. @param {number} share Of the other one, 0 to 1. */
  blend(one, other, share) {
    const size = Math.max(one.width, other.width);
    if (this.canvas.width !== size) this.canvas.width = this.canvas.height = size;
    const { context } = this;
    context.drawImage(one, 0, 0, size, size);
    context.globalAlpha = share;
    context.drawImage(other, 0, 0, size, size);
    context.globalAlpha = 1;
  }
}
