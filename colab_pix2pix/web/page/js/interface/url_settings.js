/**
 * The settings, kept in the page's address behind the #, so that a bookmark brings them back:
 * `index.html#exhibition&contrast=1.3&mirror=0`. Behind a ? they are understood too.
 *
 * What is not in the address has its default.
 *
 * - `lang`: en, de, es or ja; left out, what the browser asks for.
 * - `exhibition`: no interface, starts by itself. `output=only`: the same with the result alone, for other
 *   programs that show the page. `background`: a colour around the pictures then, or transparent.
 * - `source`: camera, picture or draw. `device`: which camera.
 * - `show`: result or all. `mirror`: 1 or 0; left out, the camera alone is mirrored.
 * - `blur`: the `blur_factor`; `contrast`: 1 is as it is; `smooth`: share of the output before.
 * - `feedback`: share of the last output in the next input; `zoom`: how much larger it becomes on the way.
 * - `second`: the file of a second model beside the page; `mix`: its share, 0 to 1.
 * - `midi`: 1 listens to MIDI controllers; `osc`: the address that OSC messages come from.
 * - `still`: 1 keeps the dropout, in paper mode. `speed`: 1 shows frames per second.
 * - `backend`: webgpu or wasm and nothing else, for tests.
 */

const TEXT_SETTINGS = ["lang", "output", "background", "source", "device", "show", "second", "osc", "backend"];
const NUMBER_SETTINGS = ["mirror", "blur", "contrast", "smooth", "feedback", "zoom", "mix", "still", "speed", "midi"];
const WRITE_AFTER_MS = 150; // browsers allow few changes of the address in a second

let writing = null;

/** @returns {object} What the address says; numbers as numbers, `exhibition` as a boolean. */
export function readUrlSettings() {
  const params = new URLSearchParams(location.search);
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) params.set(name, value);
  const settings = { exhibition: params.has("exhibition") || params.get("output") === "only" };
  for (const name of TEXT_SETTINGS) if (params.get(name)) settings[name] = params.get(name);
  for (const name of NUMBER_SETTINGS) {
    const value = Number.parseFloat(params.get(name));
    if (Number.isFinite(value)) settings[name] = value;
  }
  return settings;
}

/** @param {object} settings Those to keep, as they are in a moment; what is undefined is left out. */
export function writeUrlSettings(settings) {
  writing ??= setTimeout(() => {
    writing = null;
    const query = new URLSearchParams(location.search); // what is ours of it goes behind the #
    for (const name of ["exhibition", ...TEXT_SETTINGS, ...NUMBER_SETTINGS]) query.delete(name);
    const others = query.toString();
    const address = location.pathname + (others && `?${others}`);
    history.replaceState(null, "", address + hashOf(settings));
  }, WRITE_AFTER_MS);
}

/** Loads the page again when somebody changes the address by hand. */
export function followAddress() {
  window.addEventListener("hashchange", () => {
    clearTimeout(writing);
    location.reload();
  });
}

function hashOf(settings) {
  const params = settings.exhibition && settings.output !== "only" ? ["exhibition"] : [];
  for (const name of [...TEXT_SETTINGS, ...NUMBER_SETTINGS]) {
    if (settings[name] !== undefined) params.push(`${name}=${encodeURIComponent(settings[name])}`);
  }
  return params.length > 0 ? `#${params.join("&")}` : "";
}
