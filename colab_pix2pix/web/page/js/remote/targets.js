/** What can be changed from outside: by a MIDI controller, or by OSC messages. */

import { N_ } from "../language.js";

export const TARGETS = {
  blur: { label: N_("Blur"), minimum: 1, maximum: 64 },
  contrast: { label: N_("Contrast"), minimum: 0, maximum: 3 },
  smooth: { label: N_("Smoothing"), minimum: 0, maximum: 0.95 },
  feedback: { label: N_("Feedback"), minimum: 0, maximum: 1 },
  mix: { label: N_("Mix of two models"), minimum: 0, maximum: 1 },
  model: { label: N_("Choice of model"), minimum: 1, maximum: 2 },
};

/** Takes values as fast as they come, and hands them on once for each picture of the screen. */
export class RemoteChanges {
  /** @param {(changed: object) => void} onChange Gets settings, as in `url_settings.js`. */
  constructor(onChange) {
    this.onChange = onChange;
    this.changes = null;
  }

  /** @param {string} target A name in `TARGETS`. @param {number} value Outside its range: the end of it. */
  set(target, value) {
    const { minimum, maximum } = TARGETS[target];
    const within = Math.min(maximum, Math.max(minimum, value));
    const isFirst = this.changes === null;
    this.changes ??= {};
    if (target === "model") this.changes.mix = within < 1.5 ? 0 : 1;
    else this.changes[target] = within;
    if (isFirst) requestAnimationFrame(() => this.handOn());
  }

  /** @param {string} target @param {number} share 0 is the smallest value, 1 the largest. */
  setShare(target, share) {
    const { minimum, maximum } = TARGETS[target];
    this.set(target, minimum + share * (maximum - minimum));
  }

  handOn() {
    const { changes } = this;
    this.changes = null;
    this.onChange(changes);
  }
}
