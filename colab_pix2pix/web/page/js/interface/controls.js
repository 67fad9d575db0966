/** The settings as a person sees them: sliders, ticks. Each reports its new value. */

import { byId } from "../dom.js";
import { listCameras } from "../sources/camera.js";

/** Of what the address leaves out. */
export const DEFAULTS = { contrast: 1, smooth: 0, feedback: 0, zoom: 1.02 };
const FIRST_FEEDBACK = 0.5; // when it is switched on

/** The text beside a slider. */
const FORMATTERS = {
  blur: (value) => (value <= 1 ? "none" : `${value}×`),
  contrast: (value) => `${Math.round(value * 100)} %`,
  smooth: (value) => `${Math.round(value * 100)} %`,
  feedback: (value) => `${Math.round(value * 100)} %`,
  zoom: (value) => `${(value * 100).toFixed(1)} %`,
};

/**
 * Shows settings in the controls.
 *
 * @param {object} settings As in `url_settings.js`.
 * @param {object[]} metadata Of the models there are.
 * @param {boolean} mirrored What is in force.
 */
export function showSettings(settings, metadata, mirrored) {
  const blurred = metadata.find(({ condition }) => condition === "blurred-grey");
  const values = { ...DEFAULTS, blur: blurred?.blur_factor ?? 1, ...settings };
  for (const name in FORMATTERS) {
    byId(name).value = values[name];
    document.querySelector(`output[for=${name}]`).textContent = FORMATTERS[name](values[name]);
  }
  byId("mirror").checked = mirrored;
  byId("show-all").checked = settings.show === "all";
  byId("still").checked = Boolean(settings.still);
  byId("speed").checked = Boolean(settings.speed);
  byId("row-blur").hidden = !blurred;
  byId("row-still").hidden = !metadata.some(({ mode }) => mode === "paper");
  const feedsBack = values.feedback > 0;
  byId("feeds-back").checked = feedsBack;
  for (const row of ["row-feedback", "row-zoom"]) byId(row).hidden = !feedsBack;
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
  byId("feeds-back").onchange = ({ target }) => onChange({ feedback: target.checked ? FIRST_FEEDBACK : undefined });
  byId("device").onchange = ({ target }) => onChange({ device: target.value });
  byId("reset").onclick = () =>
    onChange(Object.fromEntries([...Object.keys(FORMATTERS), "mirror"].map((name) => [name, undefined])));
}

/** Lists the cameras where there are several. @param {string} activeId Of the one that is used. */
export async function showCameras(activeId) {
  const cameras = await listCameras();
  byId("row-device").hidden = cameras.length < 2;
  const options = cameras.map(({ id, label }) => new Option(label, id, false, id === activeId));
  byId("device").replaceChildren(...options);
}
