/** A video file as a source of frames: it plays, stands still, and goes to any of its frames. */

import { UserError } from "../user_error.js";
import { sleep } from "../waiting.js";
import { VideoSource } from "./video_source.js";

const USUAL_FRAME_SECONDS = 1 / 25;
const MAX_STEP_TRIES = 50; // of frames that last longer than others
const LONGEST_SHOWING_MS = 500; // after a place was found, until its frame is on the screen
const FAR_BEHIND_THE_END = 1e9; // seconds

export class VideoFile extends VideoSource {
  kind = "video";
  mirrored = false;
  alive = true;
  held = false; // stands still because somebody wants it to
  seeks = 0;
  stepping = false;
  stepsAhead = 0; // asked for, not yet made
  wanted = null; // seconds: where to go next
  frameSeconds = USUAL_FRAME_SECONDS;
  onFrameShown = () => {};

  /**
   * @param {File} file
   * @returns {Promise<VideoFile>} It plays, over and over, without sound.
   * @throws {UserError} The browser can't read it.
   */
  static async open(file) {
    const video = new VideoFile(URL.createObjectURL(file));
    try {
      await new Promise((resolve, reject) => {
        video.element.onloadeddata = resolve;
        video.element.onerror = reject;
      });
      if (!video.element.videoWidth) throw new Error("no frames");
      await video.findDuration();
      await video.element.play();
    } catch (error) {
      video.stop();
      throw new UserError(
        "{file} is no video that this browser plays.",
        "Choose an MP4 (H.264) or a WebM.",
        { cause: error, file: file.name },
      );
    }
    return video;
  }

  constructor(url) {
    const attributes = { muted: true, playsInline: true, loop: true, src: url };
    super(Object.assign(document.createElement("video"), attributes));
    this.url = url;
    this.element.addEventListener("seeked", () => this.handleSeeked());
    this.watchFrames();
  }

  /** A place that is sought for shows its frame later than it counts as the current one. */
  get version() {
    return `${this.element.currentTime} ${this.seeks}`;
  }

  get isStill() {
    return this.held || this.element.ended;
  }

  get duration() {
    const { duration } = this.element;
    return Number.isFinite(duration) ? duration : 0;
  }

  /** Recordings of a browser do not say how long they are, until their end was sought for. */
  async findDuration() {
    if (this.element.duration !== Infinity) return;
    await this.jump(FAR_BEHIND_THE_END);
    await this.jump(0);
  }

  /** Learns when the shown frame begins, and how long frames last, where the browser tells it. */
  watchFrames() {
    this.element.requestVideoFrameCallback?.((now, { mediaTime }) => {
      const passed = mediaTime - this.frameTime;
      if (passed > 0.001) {
        this.frameSeconds = this.hasMeasured ? Math.min(passed, this.frameSeconds) : passed;
        this.hasMeasured = true;
      }
      this.frameTime = mediaTime;
      this.onFrameShown();
      if (this.element.src) this.watchFrames();
    });
  }

  resume() {
    if (!this.isStill) return super.resume();
  }

  setPaused(paused) {
    if (paused || !this.isStill) super.setPaused(paused);
  }

  play() {
    this.held = false;
    super.setPaused(false);
  }

  hold() {
    this.held = true;
    super.setPaused(true);
  }

  /** Goes to a time; while one is sought for, only the last of others counts. @param {number} seconds */
  seek(seconds) {
    this.wanted = Math.min(this.duration, Math.max(0, seconds));
    if (!this.element.seeking) this.seekWanted();
  }

  seekWanted() {
    this.element.currentTime = this.wanted;
    this.wanted = null;
  }

  handleSeeked() {
    this.seeks += 1;
    if (this.wanted !== null) this.seekWanted();
  }

  /** Stands still, one frame later or earlier; while one is looked for, others wait. @param {1|-1} direction */
  async step(direction) {
    this.hold();
    this.stepsAhead += direction;
    if (this.stepping) return;
    this.stepping = true;
    while (this.stepsAhead && this.held) {
      const next = Math.sign(this.stepsAhead);
      this.stepsAhead -= next;
      await this.findNext(next);
    }
    this.stepsAhead = 0;
    this.stepping = false;
  }

  async findNext(direction) {
    const { element, frameSeconds } = this;
    const before = this.frameTime ?? element.currentTime;
    const aim = direction > 0 ? 1.5 : -0.5; // the middle of a frame
    for (let tries = 0; tries < MAX_STEP_TRIES; tries++) {
      const target = before + (aim + direction * tries) * frameSeconds;
      await this.jump(Math.min(this.duration, Math.max(0, target)));
      const atEnd = target <= 0 || target >= this.duration;
      if (this.frameTime === undefined || this.frameTime !== before || atEnd) break;
    }
  }

  /** @returns {Promise<void>} The frame of that time is shown. */
  async jump(seconds) {
    const { element } = this;
    const shown = new Promise((resolve) => (this.onFrameShown = resolve));
    await new Promise((resolve) => {
      element.addEventListener("seeked", resolve, { once: true });
      element.currentTime = seconds;
    });
    if (element.requestVideoFrameCallback) await Promise.race([shown, sleep(LONGEST_SHOWING_MS)]);
  }

  stop() {
    this.element.onerror = null;
    this.element.pause();
    this.element.removeAttribute("src");
    this.element.load();
    URL.revokeObjectURL(this.url);
  }
}
