/**
 * The settings, kept in the page's address behind the #, so that a bookmark brings them back:
 * `index.html#exhibition&contrast=1.3&mirror=0`.
 */

/**
 * Setting -> how it is read; what is not in the address has its default.
 *
 * - `exhibition`: no interface, starts by itself.
 * - `source`: camera, picture or draw. `device`: which camera.
 * - `show`: result or all. `mirror`: 1 or 0; left out, the camera alone is mirrored.
 * - `blur`: the `blur_factor`; `contrast`: 1 is as it is; `smooth`: share of the picture before.
 * - `still`: 1 keeps the dropout, in paper mode. `speed`: 1 shows frames per second.
 * - `backend`: webgpu or wasm and nothing else, for tests.
 */
const NUMBERS = ["mirror", "blur", "contrast", "smooth", "still", "speed"];
const WORDS = ["source", "device", "show", "backend"];

/** @returns {object} What the address says; numbers as numbers, `exhibition` as a boolean. */
export function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const settings = { exhibition: given.has("exhibition") };
  for (const name of WORDS) if (given.get(name)) settings[name] = given.get(name);
  for (const name of NUMBERS) {
    const value = Number.parseFloat(given.get(name));
    if (Number.isFinite(value)) settings[name] = value;
  }
  return settings;
}

/** @param {object} settings Those to keep; what is undefined is left out. */
export function writeAddress(settings) {
  const parts = settings.exhibition ? ["exhibition"] : [];
  for (const name of [...WORDS, ...NUMBERS]) {
    if (settings[name] !== undefined) parts.push(`${name}=${encodeURIComponent(settings[name])}`);
  }
  const hash = parts.length > 0 ? `#${parts.join("&")}` : location.pathname + location.search;
  history.replaceState(null, "", hash);
}
