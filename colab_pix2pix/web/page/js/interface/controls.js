/** The settings as a person sees them: sliders, ticks. Each reports its new value. */

import { byId } from "../dom.js";
import { listCameras } from "../sources/camera.js";

const DEFAULTS = { contrast: 1, smooth: 0 };

/** The text beside a slider. */
const FORMATTERS = {
  blur: (value) => (value <= 1 ? "none" : `${value}×`),
  contrast: (value) => `${Math.round(value * 100)} %`,
  smooth: (value) => `${Math.round(value * 100)} %`,
};

/**
 * Shows settings in the controls.
 *
 * @param {object} settings As in `url_settings.js`.
 * @param {object} metadata The model's.
 * @param {boolean} mirrored What is in force.
 */
export function showSettings(settings, metadata, mirrored) {
  const values = { ...DEFAULTS, blur: metadata.blur_factor, ...settings };
  for (const name in FORMATTERS) {
    byId(name).value = values[name];
    document.querySelector(`output[for=${name}]`).textContent = FORMATTERS[name](values[name]);
  }
  byId("mirror").checked = mirrored;
  byId("show-all").checked = settings.show === "all";
  byId("still").checked = Boolean(settings.still);
  byId("speed").checked = Boolean(settings.speed);
  byId("row-blur").hidden = metadata.condition !== "blurred-grey";
  byId("row-still").hidden = metadata.mode !== "paper";
}

/** @param {(changed: object) => void} onChange Gets one setting at a time; undefined is the default. */
export function listenToSettings(onChange) {
  for (const name in FORMATTERS) {
    byId(name).oninput = ({ target }) => onChange({ [name]: target.valueAsNumber });
  }
  byId("mirror").onchange = ({ target }) => onChange({ mirror: Number(target.checked) });
  byId("show-all").onchange = ({ target }) => onChange({ show: target.checked ? "all" : undefined });
  for (const name of ["still", "speed"]) {
    byId(name).onchange = ({ target }) => onChange({ [name]: target.checked ? 1 : undefined });
  }
  byId("device").onchange = ({ target }) => onChange({ device: target.value });
  byId("reset").onclick = () =>
    onChange({ blur: undefined, contrast: undefined, smooth: undefined, mirror: undefined });
}

/** Lists the cameras where there are several. @param {string} activeId Of the one that is used. */
export async function showCameras(activeId) {
  const cameras = await listCameras();
  byId("row-device").hidden = cameras.length < 2;
  const options = cameras.map(({ id, label }) => new Option(label, id, false, id === activeId));
  byId("device").replaceChildren(...options);
}
