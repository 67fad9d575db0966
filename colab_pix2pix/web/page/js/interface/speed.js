/** How fast the model runs here, for those who ask; and a word to those for whom it is too slow. */

import { byId } from "../dom.js";
import { _ } from "../language.js";
import { UserError } from "../user_error.js";

const SLOW_MS = 400; // of the network alone: fewer than about two frames a second
const WARM_UP_FRAMES = 6;
const SHOW_EVERY_FRAMES = 5;

/** @param {import("../frame_loop.js").FrameLoop} loop */
export function showSpeed({ speed, network, frames }) {
  const label = byId("speed-label");
  if (label.textContent && frames % SHOW_EVERY_FRAMES > 0) return;
  const rate = _("{n} pictures a second", { n: (1000 / speed.between).toFixed(0) });
  const times = _("{preparing} ms preparing, {network} ms network", {
    preparing: speed.preparing.toFixed(1),
    network: speed.computing.toFixed(0),
  });
  label.textContent = `${rate} · ${times} · ${network.deviceLabel}`;
}

/** Finds networks that are too slow for a live picture on this device, each of them once. */
export class SlowNetworkCheck {
  /**
   * To be called after each frame.
   *
   * @param {import("../frame_loop.js").FrameLoop} loop
   * @returns {UserError|null} What to tell the visitor.
   */
  afterFrame({ speed, network }) {
    if (network !== this.network) {
      this.network = network;
      this.frames = 0;
      this.reported = false;
    }
    this.frames += 1;
    if (this.reported || this.frames < WARM_UP_FRAMES || speed.computing <= SLOW_MS) return null;
    this.reported = true;
    return new UserError(
      "This model takes {seconds} seconds for a picture on this device.",
      "For a live picture use a smaller one (train with --base-filters 8), or a computer with a " +
        "graphics card and Chrome or Edge.",
      { seconds: (speed.computing / 1000).toFixed(1) },
    );
  }
}
