/**
 * What the network is fed, made of a picture as in training (`colab_pix2pix/model/conditions.py`).
 *
 * Every number equals TensorFlow's to 1e-5, because the network has learned from TensorFlow's.
 * Pictures come in as RGBA bytes `size × size × 4`, inputs go out as float32
 * `size × size × channels` in [−1, 1]. All arrays are made once and used for every frame.
 */

const GREY = [0.2989, 0.587, 0.114];
const REFERENCE_SIZE = 256;
const TABLE_SIZE = 1024;
const EDGE_STRENGTH = 2.0;

/** Makes inputs of one size. Settings: `blurFactor` and `contrast`. */
export class Condition {
  /**
   * @param {{condition: string, blur_factor: number, image_size: number, input_channels: number}} model
   */
  constructor(model) {
    this.kind = model.condition;
    this.size = model.image_size;
    this.channels = model.input_channels;
    this.contrast = 1.0;
    this.blurFactor = model.blur_factor;
    const pixels = this.size * this.size;
    this.planes = Array.from({ length: this.channels }, () => new Float32Array(pixels));
    this.work = new Float32Array(pixels);
  }

  /** How many times a 256-pixel picture is shrunk before it is enlarged again. */
  set blurFactor(factor) {
    this.factor = factor;
    const small = smallSize(this.size, factor);
    if (this.blur?.small !== small) this.blur = new Blur(this.size, small);
  }

  get blurFactor() {
    return this.factor;
  }

  /**
   * @param {Uint8ClampedArray} rgba `size × size × 4`.
   * @param {Float32Array} input Filled: `size × size × channels` in [−1, 1].
   * @param {{drawn?: boolean}} about `drawn`: lines are drawn already, for a model that is fed edges.
   * @returns {Float32Array} `input`.
   */
  make(rgba, input, { drawn = false } = {}) {
    if (this.channels === 1) greyOf(rgba, this.planes[0]);
    else this.planes.forEach((plane, channel) => channelOf(rgba, channel, plane));
    if (this.kind === "blurred-grey") this.planes.forEach((plane) => this.blur.apply(plane));
    if (this.kind === "edges" && !drawn) {
      drawEdges(this.planes[0], this.size, this.work);
      this.planes[0].set(this.work);
    }
    interleave(this.planes, input);
    if (this.contrast !== 1.0) changeContrast(input, this.contrast);
    return input;
  }
}

/** @returns {number} Python's `round(256 / factor)`, at least 1 and at most `size`. */
export function smallSize(size, factor) {
  const wanted = REFERENCE_SIZE / factor;
  const below = Math.floor(wanted);
  const rest = wanted - below;
  const rounded = rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
  return Math.min(size, Math.max(1, rounded));
}

function greyOf(rgba, plane) {
  const [red, green, blue] = GREY.map((weight) => weight / 127.5);
  const black = GREY[0] + GREY[1] + GREY[2];
  for (let i = 0, j = 0; i < plane.length; i++, j += 4) {
    plane[i] = red * rgba[j] + green * rgba[j + 1] + blue * rgba[j + 2] - black;
  }
}

function channelOf(rgba, channel, plane) {
  for (let i = 0, j = channel; i < plane.length; i++, j += 4) plane[i] = rgba[j] / 127.5 - 1;
}

function interleave(planes, input) {
  if (planes.length === 1) {
    input.set(planes[0]);
    return;
  }
  const count = planes.length;
  planes.forEach((plane, channel) => {
    for (let i = 0, j = channel; i < plane.length; i++, j += count) input[j] = plane[i];
  });
}

/** Contrast about the mean of the picture, as training varies it. */
function changeContrast(input, contrast) {
  let sum = 0;
  for (let i = 0; i < input.length; i++) sum += input[i];
  const mean = sum / input.length;
  for (let i = 0; i < input.length; i++) {
    input[i] = Math.min(1, Math.max(-1, (input[i] - mean) * contrast + mean));
  }
}

/** Dark lines on white where brightness changes: Sobel filters, mirrored at the border. */
function drawEdges(grey, size, drawn) {
  const mirrored = (place) => (place < 0 ? -place : place >= size ? 2 * size - 2 - place : place);
  for (let y = 0; y < size; y++) {
    const above = mirrored(y - 1) * size;
    const here = y * size;
    const below = mirrored(y + 1) * size;
    for (let x = 0; x < size; x++) {
      const left = x > 0 ? x - 1 : mirrored(-1);
      const right = x < size - 1 ? x + 1 : mirrored(size);
      const down = grey[below + left] + 2 * grey[below + x] + grey[below + right];
      const up = grey[above + left] + 2 * grey[above + x] + grey[above + right];
      const east = grey[above + right] + 2 * grey[here + right] + grey[below + right];
      const west = grey[above + left] + 2 * grey[here + left] + grey[below + left];
      const strength = Math.sqrt((down - up) ** 2 + (east - west) ** 2) / 4;
      drawn[here + x] = 1 - Math.min(2, EDGE_STRENGTH * strength);
    }
  }
}

/** Shrinks squares by area and enlarges them by cubic, as `tf.image.resize` does both. */
class Blur {
  constructor(size, small) {
    this.size = size;
    this.small = small;
    if (small === size) return; // TensorFlow leaves a picture of the right size as it is
    this.area = areaWeights(size, small);
    this.cubic = cubicWeights(small, size);
    this.rows = new Float32Array(size * small);
    this.shrunk = new Float32Array(small * small);
  }

  /** @param {Float32Array} plane `size × size` in [−1, 1]; becomes its blurred picture. */
  apply(plane) {
    if (this.small === this.size) return;
    this.shrink(plane);
    this.enlarge(plane);
  }

  shrink(plane) {
    const { size, small, rows, shrunk } = this;
    const { first, last, weights } = this.area;
    for (let y = 0; y < size; y++) {
      for (let column = 0; column < small; column++) {
        let sum = 0;
        const at = column * size;
        for (let x = first[column]; x <= last[column]; x++) sum += weights[at + x] * plane[y * size + x];
        rows[y * small + column] = sum;
      }
    }
    shrunk.fill(0);
    for (let row = 0; row < small; row++) {
      for (let y = first[row]; y <= last[row]; y++) {
        const weight = weights[row * size + y];
        for (let column = 0; column < small; column++) {
          shrunk[row * small + column] += weight * rows[y * small + column];
        }
      }
    }
  }

  enlarge(plane) {
    const { size, small, rows, shrunk } = this;
    const { places, weights } = this.cubic;
    for (let y = 0; y < size; y++) {
      const at = 4 * y;
      for (let column = 0; column < small; column++) {
        rows[y * small + column] =
          weights[at] * shrunk[places[at] * small + column] +
          weights[at + 1] * shrunk[places[at + 1] * small + column] +
          weights[at + 2] * shrunk[places[at + 2] * small + column] +
          weights[at + 3] * shrunk[places[at + 3] * small + column];
      }
    }
    for (let y = 0, i = 0; y < size; y++) {
      const row = y * small;
      for (let x = 0, at = 0; x < size; x++, at += 4, i++) {
        const value =
          weights[at] * rows[row + places[at]] +
          weights[at + 1] * rows[row + places[at + 1]] +
          weights[at + 2] * rows[row + places[at + 2]] +
          weights[at + 3] * rows[row + places[at + 3]];
        plane[i] = value > 1 ? 1 : value < -1 ? -1 : value;
      }
    }
  }
}

/** The part that each of `size` pixels has in each of `small` ones, and which have any. */
function areaWeights(size, small) {
  const scale = Math.fround(size / small);
  const first = new Int32Array(small);
  const last = new Int32Array(small);
  const weights = new Float32Array(small * size);
  for (let i = 0; i < small; i++) {
    const begin = Math.fround(i * scale);
    const end = Math.fround((i + 1) * scale);
    first[i] = Math.floor(begin);
    last[i] = Math.min(size, Math.ceil(end)) - 1;
    for (let pixel = first[i]; pixel <= last[i]; pixel++) {
      const part = Math.min(end, pixel + 1) - Math.max(begin, pixel);
      weights[i * size + pixel] = part / scale;
    }
  }
  return { first, last, weights };
}

/**
 * The four small pixels around each large one, and their weights.
 *
 * Keys' kernel with a = −0.5, at half-pixel centres, out of a table of 1024 steps as in TensorFlow:
 * the rounding to its steps is 70 times what the test allows. Pixels outside have no weight, the
 * others then sum to 1.
 */
function cubicWeights(small, size) {
  const places = new Int32Array(4 * size);
  const weights = new Float32Array(4 * size);
  const scale = Math.fround(small / size);
  for (let x = 0; x < size; x++) {
    const place = Math.fround(Math.fround((x + 0.5) * scale) - 0.5);
    const before = Math.floor(place);
    const step = roundHalfEven(Math.fround(place - before) * TABLE_SIZE);
    const near = step / TABLE_SIZE;
    const four = [outer(near), inner(near), inner(1 - near), outer(1 - near)];
    const inside = four.map((weight, k) => {
      const pixel = before - 1 + k;
      return pixel >= 0 && pixel < small ? weight : 0;
    });
    const sum = inside.reduce((total, weight) => total + weight);
    inside.forEach((weight, k) => {
      places[4 * x + k] = Math.min(small - 1, Math.max(0, before - 1 + k));
      weights[4 * x + k] = weight / sum;
    });
  }
  return { places, weights };
}

/** Keys' kernel for the pixel at a distance of `d`, 0 to 1. */
function inner(d) {
  return (1.5 * d - 2.5) * d * d + 1;
}

/** Keys' kernel for the pixel at a distance of `d` + 1. */
function outer(d) {
  const e = d + 1;
  return ((-0.5 * e + 2.5) * e - 4) * e + 2;
}

function roundHalfEven(value) {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
