/** Pixels between elements, bytes and tensors. */

/**
 * Draws the centre of an image, video or canvas over a whole canvas: as much as has its proportions.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {CanvasImageSource} element
 * @param {boolean} mirrored
 * @param {number} zoom How much larger than the canvas it becomes, about its centre.
 */
export function drawCentre(context, element, mirrored, zoom = 1) {
  const { width, height } = pixelSize(element);
  const { width: targetWidth, height: targetHeight } = context.canvas;
  const isWide = width * targetHeight > height * targetWidth;
  const across = isWide ? (height * targetWidth) / targetHeight : width;
  const down = isWide ? height : (width * targetHeight) / targetWidth;
  const [zoomedWidth, zoomedHeight] = [targetWidth * zoom, targetHeight * zoom];
  const [left, top] = [(targetWidth - zoomedWidth) / 2, (targetHeight - zoomedHeight) / 2];
  context.setTransform(mirrored ? -1 : 1, 0, 0, 1, mirrored ? targetWidth : 0, 0);
  context.drawImage(
    element,
    ...[(width - across) / 2, (height - down) / 2, across, down],
    ...[left, top, zoomedWidth, zoomedHeight],
  );
  context.setTransform(1, 0, 0, 1, 0, 0);
}

/** Gives a canvas a size. @param {{width: number, height: number}} size What it shows is gone then. */
export function setSize(canvas, { width, height }) {
  canvas.width = width;
  canvas.height = height;
}

/** @returns {{width: number, height: number}} In pixels of the frame; 0 while there is none. */
export function pixelSize(element) {
  return {
    width: element.videoWidth ?? element.naturalWidth ?? element.width,
    height: element.videoHeight ?? element.naturalHeight ?? element.height,
  };
}

/**
 * @param {Float32Array} tensor `height × width × channels` in [−1, 1]; 1 channel is shown as grey.
 * @param {Uint8ClampedArray} rgba Filled: `height × width × 4`; it rounds and clips by itself.
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

/** A canvas that shows tensors, with the bytes it needs. */
export class TensorCanvas {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  /**
   * @param {Float32Array} tensor `height × width × 1 or 3` in [−1, 1].
   * @param {{width: number, height: number}} size
   */
  show(tensor, size) {
    if (!isOfSize(this.canvas, size)) setSize(this.canvas, size);
    if (!isOfSize(this.imageData, size)) this.imageData = new ImageData(size.width, size.height);
    tensorToRgba(tensor, this.imageData.data);
    this.context.putImageData(this.imageData, 0, 0);
  }

  /**
   * Shows two pictures through each other: of the smaller one, the centre with the proportions of the
   * larger one.
   *
   * @param {number} share Of the other one, 0 to 1.
   */
  blend(one, other, share) {
    const larger = other.width * other.height > one.width * one.height ? other : one;
    if (!isOfSize(this.canvas, larger)) setSize(this.canvas, larger);
    const { context } = this;
    drawCentre(context, one, false);
    context.globalAlpha = share;
    drawCentre(context, other, false);
    context.globalAlpha = 1;
  }
}

function isOfSize(image, { width, height }) {
  return image?.width === width && image.height === height;
}
