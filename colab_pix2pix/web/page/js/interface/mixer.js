/** Two models: one, the other, or a mix of both. */

import { byId } from "../dom.js";
import { _, N_ } from "../language.js";

const HALF = 0.5;

export class Mixer {
  /** @param {(changed: {mix: number}) => void} onChange */
  constructor(onChange) {
    byId("mix").oninput = ({ target }) => onChange({ mix: target.valueAsNumber });
    byId("first-only").onclick = () => onChange({ mix: 0 });
    byId("second-only").onclick = () => onChange({ mix: 1 });
  }

  /** @param {object[]} metadata Of the models there are. @param {number} mix Share of the second. */
  show(metadata, mix) {
    const hasSecond = metadata.length > 1;
    byId("mixer").hidden = !hasSecond;
    byId("second-model").textContent = _(hasSecond ? N_("Another second model …") : N_("Add a second model …"));
    if (!hasSecond) return;
    const percent = Math.round(mix * 100);
    byId("mix").value = mix;
    byId("mix").setAttribute("aria-valuetext", _("{percent} % of the second", { percent }));
    ["first-only", "second-only"].forEach((id, index) => {
      byId(id).textContent = `${index + 1} · ${metadata[index].name || _("model")}`;
      byId(id).setAttribute("aria-pressed", mix === index);
    });
    byId("mix-share").textContent = `${100 - percent} : ${percent}`;
  }
}

/** @returns {number} The share of the second model that is in force. */
export function mixOf({ mix = HALF }, metadata) {
  return metadata.length < 2 ? 0 : Math.min(1, Math.max(0, mix));
}
