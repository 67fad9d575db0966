/**
 * How far an output is from following its input, as `colab_pix2pix/training/evaluation.py` measures it:
 * the output is made an input again, and compared with the input that the network was given.
 */

import { tensorToRgba } from "../pixels.js";
import { Condition } from "./condition.js";

/** A drawing of edges says nothing of light, and the partner of a pair is no function of the picture. */
const FOLLOWED_CONDITIONS = ["blurred-grey", "grey"];

/** @returns {boolean} Whether it can be measured for a model with this metadata. */
export function canFollow({ condition }) {
  return FOLLOWED_CONDITIONS.includes(condition);
}

/** Measures outputs of one model. All arrays are made once and used for every output. */
export class FollowError {
  /** @param {object} metadata As `readMetadata` returns it, of a model that `canFollow`. */
  constructor(metadata) {
    const { output_width: width, output_height: height, input_channels: channels } = metadata;
    this.factor = metadata.image_width / width; // a whole number, a power of two
    this.width = width;
    this.channels = channels;
    this.condition = new Condition({ ...metadata, image_width: width, image_height: height });
    this.rgba = new Uint8ClampedArray(4 * width * height);
    this.again = new Float32Array(width * height * channels);
    this.given = this.factor === 1 ? null : new Float32Array(this.again.length);
  }

  /**
   * @param {object} made
   * @param {Float32Array} made.input What the network was given, its contrast changed or not:
   *   `image_height × image_width × channels` in [−1, 1].
   * @param {Float32Array} made.output What it made of it, smoothed with no other:
   *   `output_height × output_width × 3` in [−1, 1].
   * @param {number} made.blurFactor With which the input was made.
   * @returns {number} The mean absolute difference of pixels in [0, 1]: 0 is perfect.
   */
  measure({ input, output, blurFactor }) {
    const { condition, rgba, again, given } = this;
    tensorToRgba(output, rgba);
    condition.blurFactor = blurFactor;
    condition.makeInput(rgba, again);
    if (given) takeMeans(input, this, given);
    return meanDifference(again, given ?? input) / 2;
  }
}

/** Shrinks a tensor, to `width` pixels across, by the means of squares of `factor` pixels. */
function takeMeans(tensor, { width, factor, channels }, means) {
  means.fill(0);
  for (let y = 0, i = 0; i < tensor.length; y++) {
    const row = Math.floor(y / factor) * width;
    for (let x = 0; x < width * factor; x++) {
      const mean = (row + Math.floor(x / factor)) * channels;
      for (let channel = 0; channel < channels; channel++, i++) {
        means[mean + channel] += tensor[i] / (factor * factor);
      }
    }
  }
}

function meanDifference(one, other) {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += Math.abs(one[i] - other[i]);
  return sum / one.length;
}
