/**
 * `window.page`: what tests and other programs in the page may use.
 *
 * - `ready`: a promise of the moment when model and source are there, or it was said why not;
 *   `started` is true from then on.
 * - `backend`, `threads`, `frames` (made so far), `model` (its metadata), `source` (its kind), `speed`
 *   (running means in ms: preparing, computing, whole, between). Of two models, these are of the one that has
 *   the larger share; `mix` is the second's.
 * - `makeInput(rgba)`: bytes `height × width × 4` → float32 model input, with the settings in force.
 * - `run(rgba)`: the same bytes → float32 model output `output_height × output_width × 3` in [−1, 1].
 * - `follow(rgba)`: the same bytes → how far the output is from following the input, 0 to 1.
 */

import { FollowError } from "./model/follow_error.js";

/**
 * @param {import("./frame_loop.js").FrameLoop} loop
 * @returns {object} For `window.page`; `ready` and `started` are the caller's to set.
 */
export function pageApi(loop) {
  return {
    started: false,
    get threads() {
      return loop.network?.threads;
    },
    get backend() {
      return loop.network?.backend;
    },
    get frames() {
      return loop.frames;
    },
    get model() {
      return loop.network?.metadata;
    },
    get mix() {
      return loop.mix;
    },
    get source() {
      return loop.source?.kind;
    },
    get speed() {
      return loop.speed;
    },
    makeInput(rgba, options) {
      return loop.condition.makeInput(rgba, new Float32Array(loop.lead.input.length), options);
    },
    async run(rgba) {
      return loop.network.run(this.makeInput(rgba));
    },
    async follow(rgba) {
      const { blurFactor } = loop.condition;
      const input = this.makeInput(rgba);
      const output = await loop.network.run(input);
      return new FollowError(loop.network.metadata).measure({ input, output, blurFactor });
    },
  };
}
