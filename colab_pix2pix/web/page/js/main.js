/** The page: joins sources, network, canvases and controls. */

import { byId } from "./dom.js";
import { FrameLoop } from "./frame_loop.js";
import { Capture } from "./interface/capture.js";
import { DEFAULTS, listenToSettings, showSettings } from "./interface/controls.js";
import { Exhibition } from "./interface/exhibition.js";
import { FollowMeter } from "./interface/follow_meter.js";
import { Mixer, mixOf } from "./interface/mixer.js";
import { clearError, showError } from "./interface/notice.js";
import { Pens } from "./interface/pens.js";
import { Player } from "./interface/player.js";
import { RemotePanel } from "./interface/remote_panel.js";
import { showSpeed, SlowNetworkCheck } from "./interface/speed.js";
import { followAddress, readUrlSettings, writeUrlSettings } from "./interface/url_settings.js";
import { WakeLock } from "./interface/wake_lock.js";
import { translatePage } from "./language.js";
import { isolate } from "./model/isolation.js";
import { Models } from "./models.js";
import { pageApi } from "./page_api.js";
import { SourceSwitch } from "./source_switch.js";
import { Drawing } from "./sources/drawing.js";
import { listenToGifts, pickFile } from "./sources/file_picker.js";
import { ImageFile } from "./sources/image_file.js";
import { VideoFile } from "./sources/video_file.js";
import { watchSource } from "./sources/watchdog.js";
import { UserError } from "./user_error.js";

const MAX_SMOOTHING = 0.95;
const MAX_ZOOM = 1.25; // from one picture to the next

const settings = readUrlSettings();
translatePage();
const wakeLock = new WakeLock();
const drawing = new Drawing();
const pens = new Pens(drawing);
const slowNetworkCheck = new SlowNetworkCheck();
const followMeter = new FollowMeter();
const loop = new FrameLoop(
  { input: byId("input"), output: byId("output") },
  { onFrame, onIdle: updateFollowMeter, onError: (error, index) => models.reopen(error, index) },
);
const exhibition = new Exhibition(settings, (on) => {
  applySettings(on ? { exhibition: true } : { exhibition: false, output: undefined });
});
const models = new Models({ loop, settings, onChange: onModels });
const mixer = new Mixer((changed) => applySettings(changed));
const remote = new RemotePanel((changed) => applySettings(changed), attempt);
const sources = new SourceSwitch({ loop, drawing, pens, settings, onChange: onSource });
const player = new Player(() => loop.paused && goOnWithStillVideo());
const capture = new Capture(loop, () => settings.show === "all");

/** There are other models now, or a second one more. */
function onModels() {
  byId("model-label").textContent = models.label;
  pens.fit(models.metadata[0]);
  applySettings({});
}

/** Another source is shown. */
function onSource(source, isChosen) {
  setPaused(false);
  player.show(source);
  const kept = source.kind === "video" ? undefined : source.kind;
  applySettings(isChosen ? { source: kept } : {});
}

/** @param {File} file A picture, a video or a model. */
async function openFile(file) {
  clearError();
  if (file.type.startsWith("image/")) return sources.show(await ImageFile.open(file));
  if (file.type.startsWith("video/")) return sources.show(await VideoFile.open(file));
  if (!file.name.toLowerCase().endsWith(".onnx")) {
    throw new UserError(
      "{file} is nothing that this page opens.",
      "It takes pictures (JPEG, PNG, WebP), videos (MP4, WebM) and models (.onnx).",
      { file: file.name },
    );
  }
  await models.openFile(file, 0);
}

async function openSecondModel(file) {
  clearError();
  await models.openFile(file, 1);
  applySettings({ second: undefined, mix: undefined }); // the address can't bring this file back
}

/** Does something and says what goes wrong. @returns {Promise<void>} Never fails. */
async function attempt(action) {
  try {
    await action();
  } catch (error) {
    showError(error);
    if (!(error instanceof UserError)) console.warn(error);
  }
}

/** Takes over changed settings, and shows them. */
function applySettings(changes) {
  Object.assign(settings, changes);
  loop.smoothing = Math.min(MAX_SMOOTHING, settings.smooth ?? 0);
  loop.keepDropout = Boolean(settings.still);
  loop.mirrored = settings.mirror === undefined ? null : settings.mirror > 0;
  byId("source").classList.toggle("mirrored", loop.isMirrored);
  document.documentElement.classList.toggle("show-all", settings.show === "all");
  byId("speed-label").hidden = !settings.speed;
  loop.feedback = Math.min(1, Math.max(0, settings.feedback ?? 0));
  loop.zoom = Math.min(MAX_ZOOM, Math.max(1 / MAX_ZOOM, settings.zoom ?? DEFAULTS.zoom));
  const { metadata } = models;
  loop.mix = mixOf(settings, metadata);
  showProportions();
  for (const { condition, network } of loop.voices) {
    condition.contrast = settings.contrast ?? 1;
    condition.blurFactor = Math.max(1, settings.blur ?? network.metadata.blur_factor);
  }
  if (loop.network) showSettings(settings, metadata, loop.isMirrored);
  mixer.show(metadata, loop.mix);
  loop.invalidate();
  wakeLock.setEnabled(settings.exhibition || loop.source?.kind === "camera");
  writeUrlSettings(settings);
}

/** All three pictures have the proportions of the model's. */
function showProportions() {
  if (!loop.lead) return;
  const { width, height } = loop.lead.outputSize;
  document.documentElement.style.setProperty("--ratio", width / height);
}

function onFrame() {
  if (settings.speed) showSpeed(loop);
  const slow = slowNetworkCheck.afterFrame(loop);
  if (slow) showError(slow);
  updateFollowMeter();
}

function updateFollowMeter() {
  if (loop.network && !settings.exhibition) followMeter.update(loop);
}

function setPaused(paused) {
  loop.paused = paused;
  loop.source?.setPaused(paused);
  const button = byId("pause");
  button.setAttribute("aria-pressed", paused);
  button.querySelector("use").setAttribute("href", paused ? "#icon-go" : "#icon-pause");
  if (!paused) loop.invalidate();
}

/** A video that is moved while the page is paused is seen to move, and no more. */
function goOnWithStillVideo() {
  loop.source.hold();
  setPaused(false);
}

const onFile = (file) => attempt(() => openFile(file));

/** What is dropped or pasted while somebody draws comes onto the sheet. */
const onGift = (file) => attempt(() => takeGift(file));

async function takeGift(file) {
  if (loop.source !== drawing || !file.type.startsWith("image/")) return openFile(file);
  clearError();
  pens.print((await ImageFile.open(file)).element);
}

const START_SOURCE = {
  camera: () => sources.startCamera(),
  picture: () => pickFile("image/*", onFile),
  video: () => pickFile("video/*", onFile),
  draw: () => sources.startDrawing(),
};

function listen() {
  for (const button of document.querySelectorAll("[data-source]")) {
    button.onclick = () => {
      clearError();
      attempt(START_SOURCE[button.dataset.source]);
    };
  }
  byId("pause").onclick = () => setPaused(!loop.paused);
  byId("save").onclick = () => capture.saveImage();
  byId("record").onclick = () => attempt(() => capture.toggleRecording());
  byId("full").onclick = () => exhibition.enter({ byButton: true });
  byId("second-model").onclick = () => pickFile(".onnx", (file) => attempt(() => openSecondModel(file)));
  byId("remove-second").onclick = () => {
    models.removeSecond();
    applySettings({ second: undefined, mix: undefined });
    byId("second-model").focus();
  };
  byId("other-model").onclick = () => pickFile(".onnx", onFile);
  listenToSettings((changes) => {
    applySettings(changes);
    if ("device" in changes) attempt(() => sources.startCamera());
  });
  listenToGifts(onGift);
  followAddress();
}

async function start() {
  if (settings.exhibition) exhibition.enter({ byButton: false });
  listen();
  const model = attempt(() => models.openFirst());
  const source = attempt(() => sources.startFirst());
  loop.start();
  watchSource(loop, () => sources.restartCamera());
  remote.start(settings);
  await Promise.all([model, source]);
  byId("loading").hidden = true;
  window.page.started = true;
}

window.page = pageApi(loop);
window.page.ready = isolate().then((reloading) => (reloading ? new Promise(() => {}) : start()));
