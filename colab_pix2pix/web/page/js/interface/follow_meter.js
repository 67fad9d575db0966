/** A small meter beside the output: how well what the network makes follows what it is shown. */

import { byId } from "../dom.js";
import { _ } from "../language.js";
import { canFollow, FollowError } from "../model/follow_error.js";

// Up to the first it follows, beyond the second it does not (`colab_pix2pix/training/diagnosis.py`).
const FOLLOWS = 0.025;
const DEAF = 0.06;
const NOTHING = 0.1; // the bar is empty: the same picture whatever it is shown
const UPDATE_MS = 500;

export class FollowMeter {
  /**
   * Measures the newest frame, unless it or another was measured a moment ago. To be called after
   * each frame, and again while none is made: the last one counts.
   *
   * @param {import("../frame_loop.js").FrameLoop} loop
   */
  update({ network, made, frames }) {
    if (network !== this.network) this.setNetwork(network);
    const now = performance.now();
    const isDue = frames !== this.measuredFrames && now - this.measuredTime >= UPDATE_MS;
    if (!this.followError || made?.network !== network || !isDue) return;
    this.measuredFrames = frames;
    this.measuredTime = now;
    showFollow(this.followError.measure(made));
  }

  setNetwork(network) {
    this.network = network;
    this.followError = canFollow(network.metadata) ? new FollowError(network.metadata) : null;
    this.measuredTime = -UPDATE_MS;
    byId("follow").hidden = true;
  }
}

/** @param {number} error 0 to 1, as `FollowError` measures it. */
function showFollow(error) {
  const percent = Math.round(100 * Math.max(0, 1 - error / NOTHING));
  const words = [...byId("follow-words").children];
  const said = words[error <= FOLLOWS ? 0 : error <= DEAF ? 1 : 2];
  for (const element of words) element.classList.toggle("said", element === said);
  const meter = byId("follow-meter");
  meter.setAttribute("aria-valuenow", percent);
  meter.setAttribute("aria-valuetext", said.textContent);
  meter.style.setProperty("--share", `${percent}%`);
  const follow = byId("follow");
  follow.title = _("The light of the result is {error} away from that of what it was shown.", {
    error: error.toFixed(3),
  });
  follow.hidden = false;
}
