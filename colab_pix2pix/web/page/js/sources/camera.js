/** The camera as a source of frames. */

import { _ } from "../language.js";
import { UserError } from "../user_error.js";
import { VideoSource } from "./video_source.js";

const MIN_HEIGHT = 480; // pixels: what every camera has
const IDEAL_FRAME_RATE = 30;
const OTHER_SOURCES = "A picture, a video or a drawing works without it.";
/** The browser's names of errors, and what each means for the visitor. */
const EXPLANATIONS = {
  NotAllowedError: [
    "The camera may not be used: it was refused, or the browser's settings forbid it.",
    `Allow it with the sign beside the address, then press Camera again. ${OTHER_SOURCES}`,
  ],
  NotFoundError: ["There is no camera here.", `Plug one in and press Camera again. ${OTHER_SOURCES}`],
  NotReadableError: [
    "The camera is busy: another program or tab may be using it.",
    `Close that one, then press Camera again. ${OTHER_SOURCES}`,
  ],
  unknown: ["The camera does not start ({error}).", `${OTHER_SOURCES}`],
};
EXPLANATIONS.OverconstrainedError = EXPLANATIONS.NotFoundError;
EXPLANATIONS.AbortError = EXPLANATIONS.NotReadableError;

export class Camera extends VideoSource {
  kind = "camera";

  /**
   * @param {string} deviceId Of a camera, or "" for the one that looks at the visitor.
   * @param {number} lines As many as are needed: about so many are asked for.
   * @returns {Promise<Camera>} It runs.
   * @throws {UserError} There is none, or it may not be used.
   */
  static async start(deviceId, lines) {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new UserError(
        "The browser gives the camera to pages from https:// and from this machine only.",
        `Open the page by such an address. ${OTHER_SOURCES}`,
      );
    }
    const device = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "user" };
    const height = { ideal: Math.max(MIN_HEIGHT, lines) };
    const video = { ...device, height, frameRate: { ideal: IDEAL_FRAME_RATE } };
    try {
      const camera = new Camera(await navigator.mediaDevices.getUserMedia({ video, audio: false }));
      await camera.element.play();
      return camera;
    } catch (error) {
      if (deviceId && error.name === "OverconstrainedError") return Camera.start("", lines);
      const words = EXPLANATIONS[error.name] ?? EXPLANATIONS.unknown;
      throw new UserError(...words, { cause: error, error: error.message });
    }
  }

  constructor(stream) {
    super(Object.assign(document.createElement("video"), { muted: true, playsInline: true }));
    this.element.srcObject = stream;
    [this.track] = stream.getVideoTracks();
    const { facingMode, deviceId } = this.track.getSettings();
    this.deviceId = deviceId ?? "";
    this.mirrored = facingMode !== "environment"; // people expect a mirror
  }

  /** False once it was unplugged, or taken away while the machine slept. */
  get alive() {
    return this.track.readyState === "live";
  }

  stop() {
    this.track.stop();
    this.element.srcObject = null;
  }
}

/** @returns {Promise<{id: string, label: string}[]>} The cameras; they have names once one may be used. */
export async function listCameras() {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return devices
    .filter(({ kind, deviceId }) => kind === "videoinput" && deviceId)
    .map(({ deviceId, label }, index) => ({ id: deviceId, label: label || _("Camera {n}", { n: index + 1 }) }));
}

/** Whether the camera may be used without a question. */
export async function cameraIsAllowed() {
  try {
    return (await navigator.permissions.query({ name: "camera" })).state === "granted";
  } catch {
    return false; // Firefox does not know the name: it will ask
  }
}
