/**
 * Shrinks a plane by area and enlarges it by cubic, as training does (images/resize_matrices.py).
 *
 * Every number equals training's to 1e-5. All arrays are made once and used for every frame.
 */

const REFERENCE_SIZE = 256;

/**
 * @param {{width: number, height: number}} size
 * @param {number} blurFactor
 * @returns {{width: number, height: number}} What it is shrunk to: of the shorter side Python's
 *   `round(256 / blurFactor)`, and as much of the longer one; at least 1 and at most the side.
 */
export function shrunkSize({ width, height }, blurFactor) {
  const shorter = Math.min(width, height);
  const shrunk = (side) => roundHalfToEven((REFERENCE_SIZE / blurFactor) * (side / shorter));
  const bounded = (side) => Math.min(side, Math.max(1, shrunk(side)));
  return { width: bounded(width), height: bounded(height) };
}

export class Blur {
  /**
   * @param {{width: number, height: number}} size Of the planes, in pixels.
   * @param {{width: number, height: number}} small What they are shrunk to.
   */
  constructor(size, small) {
    this.size = size;
    this.small = small;
    this.isSharp = small.width === size.width && small.height === size.height; // nothing is shrunk
    if (this.isSharp) return;
    this.across = { area: areaWeights(size.width, small.width), cubic: cubicWeights(small.width, size.width) };
    this.down = { area: areaWeights(size.height, small.height), cubic: cubicWeights(small.height, size.height) };
    this.rows = new Float32Array(size.height * small.width);
    this.shrunk = new Float32Array(small.height * small.width);
  }

  /** @param {Float32Array} plane `height × width` in [−1, 1]; is blurred in place. */
  apply(plane) {
    if (this.isSharp) return;
    this.shrink(plane);
    this.enlarge(plane);
  }

  shrink(plane) {
    const { size, small, rows, shrunk } = this;
    const across = this.across.area;
    for (let y = 0; y < size.height; y++) {
      for (let column = 0; column < small.width; column++) {
        let sum = 0;
        const offset = column * size.width;
        const row = y * size.width;
        for (let x = across.first[column]; x <= across.last[column]; x++) {
          sum += across.weights[offset + x] * plane[row + x];
        }
        rows[y * small.width + column] = sum;
      }
    }
    const { first, last, weights } = this.down.area;
    shrunk.fill(0);
    for (let row = 0; row < small.height; row++) {
      for (let y = first[row]; y <= last[row]; y++) {
        const weight = weights[row * size.height + y];
        for (let column = 0; column < small.width; column++) {
          shrunk[row * small.width + column] += weight * rows[y * small.width + column];
        }
      }
    }
  }

  enlarge(plane) {
    const { size, rows, shrunk } = this;
    const small = this.small.width;
    const down = this.down.cubic;
    for (let y = 0; y < size.height; y++) {
      const tap = 4 * y;
      for (let column = 0; column < small; column++) {
        rows[y * small + column] =
          down.weights[tap] * shrunk[down.indices[tap] * small + column] +
          down.weights[tap + 1] * shrunk[down.indices[tap + 1] * small + column] +
          down.weights[tap + 2] * shrunk[down.indices[tap + 2] * small + column] +
          down.weights[tap + 3] * shrunk[down.indices[tap + 3] * small + column];
      }
    }
    const { indices, weights } = this.across.cubic;
    for (let y = 0, i = 0; y < size.height; y++) {
      const row = y * small;
      for (let x = 0, tap = 0; x < size.width; x++, tap += 4, i++) {
        const value =
          weights[tap] * rows[row + indices[tap]] +
          weights[tap + 1] * rows[row + indices[tap + 1]] +
          weights[tap + 2] * rows[row + indices[tap + 2]] +
          weights[tap + 3] * rows[row + indices[tap + 3]];
        plane[i] = value > 1 ? 1 : value < -1 ? -1 : value;
      }
    }
  }
}

/** The overlap of each of `size` pixels with each of `small` ones, and which have any. */
function areaWeights(size, small) {
  const scale = size / small;
  const first = new Int32Array(small);
  const last = new Int32Array(small);
  const weights = new Float32Array(small * size);
  for (let i = 0; i < small; i++) {
    const begin = i * scale;
    const end = (i + 1) * scale;
    first[i] = Math.floor(begin);
    last[i] = Math.min(size, Math.ceil(end)) - 1;
    for (let pixel = first[i]; pixel <= last[i]; pixel++) {
      const overlap = Math.min(end, pixel + 1) - Math.max(begin, pixel);
      weights[i * size + pixel] = overlap / scale;
    }
  }
  return { first, last, weights };
}

/**
 * The four small pixels around each large one, and their weights.
 *
 * Keys' kernel with a = −0.5, at half-pixel centres. Pixels outside have no weight, the others then
 * sum to 1.
 */
function cubicWeights(small, size) {
  const indices = new Int32Array(4 * size);
  const weights = new Float32Array(4 * size);
  for (let x = 0; x < size; x++) {
    const position = ((x + 0.5) * small) / size - 0.5;
    const before = Math.floor(position);
    const distance = position - before;
    const kernel = [
      outerKernel(distance),
      innerKernel(distance),
      innerKernel(1 - distance),
      outerKernel(1 - distance),
    ];
    const inside = kernel.map((weight, k) => {
      const pixel = before - 1 + k;
      return pixel >= 0 && pixel < small ? weight : 0;
    });
    const sum = inside.reduce((total, weight) => total + weight);
    inside.forEach((weight, k) => {
      indices[4 * x + k] = Math.min(small - 1, Math.max(0, before - 1 + k));
      weights[4 * x + k] = weight / sum;
    });
  }
  return { indices, weights };
}

/** Keys' kernel for the pixel at a distance of `d`, 0 to 1. */
function innerKernel(d) {
  return (1.5 * d - 2.5) * d * d + 1;
}

/** Keys' kernel for the pixel at a distance of `d` + 1. */
function outerKernel(d) {
  const e = d + 1;
  return ((-0.5 * e + 2.5) * e - 4) * e + 2;
}

function roundHalfToEven(value) {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
