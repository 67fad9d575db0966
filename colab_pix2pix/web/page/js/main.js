/** The page: joins sources, network, screens and controls. */

import { part } from "./assets.js";
import { byId } from "./dom.js";
import { Live } from "./frame_loop.js";
import { Taking } from "./interface/capture.js";
import { listenToSettings, showCameras, showPens, showSettings } from "./interface/controls.js";
import { Exhibition } from "./interface/exhibition.js";
import { hush, tell } from "./interface/notice.js";
import { readAddress, writeAddress } from "./interface/url_settings.js";
import { ScreenOn, watch } from "./interface/wake_lock.js";
import { isolate } from "./model/isolation.js";
import { Network } from "./model/network.js";
import { Camera, cameraIsAllowed } from "./sources/camera.js";
import { Drawing } from "./sources/drawing.js";
import { choose, listenToDrops } from "./sources/file_picker.js";
import { Movie, Picture } from "./sources/media_files.js";
import { Trouble } from "./user_error.js";

const SLOW_MS = 400; // of the network alone: fewer than about two pictures a second
const SLOW_AFTER = 6; // pictures
const LARGEST_MODEL = 1e9; // bytes
const RETRY_MS = 5000;

const settings = readAddress();
const screenOn = new ScreenOn();
const drawing = new Drawing();
const live = new Live(
  { seen: byId("seen"), result: byId("result") },
  { onPicture: pictureMade, onTrouble: networkFailed },
);
const exhibition = new Exhibition((on) => {
  settings.exhibition = on;
  changed({});
});

const taking = new Taking(live, () => settings.show === "all");

let readModel = () => part("model.onnx");
let told = null; // the network that was called slow

/** Opens a model and puts it in the place of the one before, which goes on where it can't. */
async function openModel(read) {
  const network = await Network.open(await read(), { only: settings.backend });
  readModel = read;
  live.useNetwork(network);
  showModel(network);
}

function showModel({ about, words }) {
  byId("loading").hidden = true;
  const colours = { "blurred-grey": "blurred", edges: "edges", grey: "grey" }[about.condition];
  const fed = [colours ?? "pictures", `${about.image_size} px`].join(", ");
  const name = about.name === document.title ? "" : about.name;
  byId("facts").textContent = [name, fed, words].filter(Boolean).join(" · ");
  changed({});
}

/** @param {object} source Takes the place of the one before. */
function useSource(source) {
  live.useSource(source);
  byId("source").replaceChildren(source.element);
  for (const button of document.querySelectorAll("[data-source]")) {
    button.setAttribute("aria-pressed", button.dataset.source === source.kind);
  }
  byId("pens").hidden = source.kind !== "draw";
  document.documentElement.classList.toggle("drawing", source.kind === "draw");
  byId("row-device").hidden = true;
  if (source.kind === "camera") showCameras(source.device);
  pause(false);
  changed({ source: source.kind === "video" ? undefined : source.kind });
}

async function startCamera() {
  const size = live.network?.about.image_size ?? 256;
  useSource(await Camera.start(settings.device ?? "", size));
}

async function startSample() {
  const name = document.body.dataset.sample;
  if (!name) return useSource(drawing);
  const picture = new Blob([await part(name)], { type: "image/jpeg" });
  useSource(await Picture.open(picture));
}

async function startSource() {
  if (settings.source === "draw") return useSource(drawing);
  const camera = settings.source === "camera" || settings.exhibition;
  const allowed = settings.source !== "picture" && (await cameraIsAllowed());
  if (!camera && !allowed) return startSample();
  try {
    await startCamera();
  } catch (error) {
    await startSample();
    if (settings.exhibition) retryCamera();
    throw error;
  }
}

/** In an exhibition nobody presses a button: a camera that is plugged in later is found. */
async function retryCamera() {
  while (settings.exhibition && live.source?.kind !== "camera") {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    await startCamera().then(hush, () => {}); // the first refusal has been told
  }
}

/** Starts the camera again that was unplugged, or lost while the machine slept. */
async function revive() {
  if (live.source.kind !== "camera") return;
  try {
    await startCamera();
    hush();
  } catch (error) {
    tell(error);
    if (!settings.exhibition) await startSample();
    else await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function networkFailed(error) {
  const network = live.network;
  console.warn("The network failed and is opened again:", error);
  settings.backend = "wasm"; // a graphics card that was lost may be lost again
  try {
    await openModel(readModel);
  } catch (again) {
    if (live.network === network) tell(again);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** @param {File} file A picture, a video or a model. */
async function openFile(file) {
  hush();
  if (file.type.startsWith("image/")) return useSource(await Picture.open(file));
  if (file.type.startsWith("video/")) return useSource(await Movie.open(file));
  if (!file.name.toLowerCase().endsWith(".onnx")) {
    throw new Trouble(
      `${file.name} is nothing that this page opens.`,
      "It takes pictures (JPEG, PNG, WebP), videos (MP4, WebM) and models (.onnx).",
    );
  }
  if (file.size > LARGEST_MODEL) throw new Trouble(`${file.name} is too large for a browser.`);
  await openModel(async () => new Uint8Array(await file.arrayBuffer()));
}

/** Does something and says what goes wrong. @returns {Promise<void>} Never fails. */
async function attempt(action) {
  try {
    await action();
  } catch (error) {
    tell(error);
    if (!(error instanceof Trouble)) console.warn(error);
  }
}

/** Takes over changed settings, and shows them. */
function changed(some) {
  Object.assign(settings, some);
  live.smooth = Math.min(0.95, settings.smooth ?? 0);
  live.still = Boolean(settings.still);
  live.mirrored = settings.mirror === undefined ? null : settings.mirror > 0;
  byId("source").classList.toggle("mirrored", live.isMirrored);
  document.documentElement.classList.toggle("show-all", settings.show === "all");
  byId("speed-words").hidden = !settings.speed;
  if (live.network) {
    live.condition.contrast = settings.contrast ?? 1;
    live.condition.blurFactor = Math.max(1, settings.blur ?? live.network.about.blur_factor);
    showSettings(settings, live.network.about, live.isMirrored);
  }
  live.change();
  screenOn.set(settings.exhibition || live.source?.kind === "camera");
  writeAddress(settings);
}

function pictureMade() {
  const { speed, network, frames } = live;
  if (settings.speed && (frames % 5 === 0 || !byId("speed-words").textContent)) {
    const whole = `${(1000 / speed.between).toFixed(0)} pictures a second`;
    const parts = `${speed.preparing.toFixed(1)} ms preparing, ${speed.computing.toFixed(0)} ms network`;
    byId("speed-words").textContent = `${whole} · ${parts} · ${network.words}`;
  }
  network.made = (network.made ?? 0) + 1;
  if (network.made >= SLOW_AFTER && speed.computing > SLOW_MS && told !== network) {
    told = network;
    tell(
      new Trouble(
        `This model takes ${(speed.computing / 1000).toFixed(1)} seconds for a picture on this device.`,
        "For a live picture use a smaller one (train with --base-filters 8), or a computer with a " +
          "graphics card and Chrome or Edge.",
      ),
    );
  }
}

function pause(still) {
  live.paused = still;
  live.source?.pause(still);
  const button = byId("pause");
  button.setAttribute("aria-pressed", still);
  button.querySelector("use").setAttribute("href", still ? "#icon-go" : "#icon-pause");
  if (!still) live.change();
}

const opened = (file) => attempt(() => openFile(file));

const SOURCES = {
  camera: startCamera,
  picture: () => choose("image/*", opened),
  video: () => choose("video/*", opened),
  draw: () => useSource(drawing),
};

function listen() {
  for (const button of document.querySelectorAll("[data-source]")) {
    button.onclick = () => {
      hush();
      attempt(SOURCES[button.dataset.source]);
    };
  }
  byId("pause").onclick = () => pause(!live.paused);
  byId("save").onclick = () => taking.savePicture();
  byId("record").onclick = () => attempt(() => taking.record());
  byId("full").onclick = () => exhibition.enter({ byButton: true });
  byId("other-model").onclick = () => choose(".onnx", opened);
  listenToSettings((some) => {
    changed(some);
    if ("device" in some) attempt(startCamera);
  });
  listenToDrops(opened);
  showPens(drawing);
  window.addEventListener("hashchange", () => location.reload());
}

/**
 * What tests and other programs in the page may use.
 *
 * - `ready`: a promise of the moment when model and source are there, or it was said why not;
 *   `started` is true from then on.
 * - `backend`, `threads`, `frames` (made so far), `model` (what it says of itself), `source` (its kind), `speed`
 *   (running means in ms: preparing, computing, whole, between).
 * - `makeInput(rgba)`: bytes `size × size × 4` → float32 input, with the settings in force.
 * - `run(rgba)`: the same bytes → float32 picture `output_size × output_size × 3` in [−1, 1].
 */
window.page = {
  started: false,
  get threads() {
    return live.network?.threads;
  },
  get backend() {
    return live.network?.backend;
  },
  get frames() {
    return live.frames;
  },
  get model() {
    return live.network?.about;
  },
  get source() {
    return live.source?.kind;
  },
  get speed() {
    return live.speed;
  },
  makeInput(rgba, about) {
    const { image_size: size, input_channels: channels } = live.network.about;
    return live.condition.make(rgba, new Float32Array(size * size * channels), about);
  },
  async run(rgba) {
    return live.network.run(this.makeInput(rgba));
  },
};

async function start() {
  if (settings.exhibition) exhibition.enter({ byButton: false });
  listen();
  const model = attempt(async () => {
    await openModel(readModel);
  });
  const source = attempt(startSource);
  live.start();
  watch(live, revive);
  await Promise.all([model, source]);
  byId("loading").hidden = true;
  window.page.started = true;
}

window.page.ready = isolate().then((again) => (again ? new Promise(() => {}) : start()));
