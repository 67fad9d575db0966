/**
 * The settings, kept in the page's address behind the #, so that a bookmark brings them back:
 * `index.html#exhibition&contrast=1.3&mirror=0`.
 *
 * What is not in the address has its default.
 *
 * - `exhibition`: no interface, starts by itself.
 * - `source`: camera, picture or draw. `device`: which camera.
 * - `show`: result or all. `mirror`: 1 or 0; left out, the camera alone is mirrored.
 * - `blur`: the `blur_factor`; `contrast`: 1 is as it is; `smooth`: share of the output before.
 * - `still`: 1 keeps the dropout, in paper mode. `speed`: 1 shows frames per second.
 * - `backend`: webgpu or wasm and nothing else, for tests.
 */

const TEXT_SETTINGS = ["source", "device", "show", "backend"];
const NUMBER_SETTINGS = ["mirror", "blur", "contrast", "smooth", "still", "speed"];

/** @returns {object} What the address says; numbers as numbers, `exhibition` as a boolean. */
export function readUrlSettings() {
  const params = new URLSearchParams(location.hash.slice(1));
  const settings = { exhibition: params.has("exhibition") };
  for (const name of TEXT_SETTINGS) if (params.get(name)) settings[name] = params.get(name);
  for (const name of NUMBER_SETTINGS) {
    const value = Number.parseFloat(params.get(name));
    if (Number.isFinite(value)) settings[name] = value;
  }
  return settings;
}

/** @param {object} settings Those to keep; what is undefined is left out. */
export function writeUrlSettings(settings) {
  const params = settings.exhibition ? ["exhibition"] : [];
  for (const name of [...TEXT_SETTINGS, ...NUMBER_SETTINGS]) {
    if (settings[name] !== undefined) params.push(`${name}=${encodeURIComponent(settings[name])}`);
  }
  const url = params.length > 0 ? `#${params.join("&")}` : location.pathname + location.search;
  history.replaceState(null, "", url);
}
