/** The camera as a source of pictures. */

import { Trouble } from "../user_error.js";
import { Moving } from "./video_source.js";

const OTHERS = "A picture, a video or a drawing works without it.";
/** What the browser says, and what that means for the visitor. */
const REFUSALS = {
  NotAllowedError: [
    "The camera may not be used: it was refused, or the browser's settings forbid it.",
    `Allow it with the sign beside the address, then press Camera again. ${OTHERS}`,
  ],
  NotFoundError: ["There is no camera here.", `Plug one in and press Camera again. ${OTHERS}`],
  NotReadableError: [
    "The camera is busy: another program or tab may be using it.",
    `Close that one, then press Camera again. ${OTHERS}`,
  ],
};
REFUSALS.OverconstrainedError = REFUSALS.NotFoundError;
REFUSALS.AbortError = REFUSALS.NotReadableError;

export class Camera extends Moving {
  kind = "camera";

  /**
   * @param {string} device The `deviceId` of a camera, or "" for the one that looks at the visitor.
   * @param {number} size Of the network's pictures: about as many lines are asked for.
   * @returns {Promise<Camera>} It runs.
   * @throws {Trouble} There is none, or it may not be used.
   */
  static async start(device, size) {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Trouble(
        "The browser gives the camera to pages from https:// and from this machine only.",
        `Open the page by such an address. ${OTHERS}`,
      );
    }
    const lines = Math.max(480, size);
    const which = device ? { deviceId: { exact: device } } : { facingMode: "user" };
    const wanted = { ...which, height: { ideal: lines }, frameRate: { ideal: 30 } };
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
      return await new Camera(stream).played();
    } catch (error) {
      if (device && error.name === "OverconstrainedError") return Camera.start("", size);
      const [what, fix] = REFUSALS[error.name] ?? [`The camera does not start (${error.message}).`, OTHERS];
      throw new Trouble(what, fix);
    }
  }

  constructor(stream) {
    super(Object.assign(document.createElement("video"), { muted: true, playsInline: true }));
    this.element.srcObject = stream;
    this.stream = stream;
    [this.track] = stream.getVideoTracks();
    const { facingMode, deviceId } = this.track.getSettings();
    this.device = deviceId ?? "";
    this.mirrored = facingMode !== "environment"; // people expect a mirror
  }

  async played() {
    await this.element.play();
    return this;
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
    .map(({ deviceId, label }, index) => ({ id: deviceId, label: label || `Camera ${index + 1}` }));
}

/** Whether the camera may be used without a question. */
export async function cameraIsAllowed() {
  try {
    return (await navigator.permissions.query({ name: "camera" })).state === "granted";
  } catch {
    return false; // Firefox does not know the name: it will ask
  }
}
