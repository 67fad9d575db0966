/** Keeps the screen on, and the source running, also after the machine has slept. */

const LOOK_EVERY_MS = 1000;
const STUCK_AFTER_MS = 5000;

/** Holds the wake lock while `wanted` is true; browsers drop it whenever the page is hidden. */
export class ScreenOn {
  constructor() {
    this.wanted = false;
    document.addEventListener("visibilitychange", () => this.hold());
  }

  set(wanted) {
    this.wanted = wanted;
    this.hold();
  }

  async hold() {
    if (!this.wanted) {
      this.lock?.release();
      this.lock = null;
      return;
    }
    if (document.hidden || !navigator.wakeLock || (this.lock && !this.lock.released)) return;
    try {
      this.lock = await navigator.wakeLock.request("screen");
    } catch {
      this.lock = null; // a nearly empty battery refuses: the page works without
    }
  }
}

/**
 * Watches the source of a `Live`: one that stands still is woken, and what stays dead is told.
 *
 * @param {import("../frame_loop.js").Live} live
 * @param {() => Promise<void>} revive Starts the camera again.
 */
export function watch(live, revive) {
  let version = null;
  let since = performance.now();
  let reviving = false;
  const look = async () => {
    const { source } = live;
    const resting = !source || live.paused || document.hidden || reviving;
    if (resting || source.kind === "picture" || source.kind === "draw") {
      since = performance.now();
      return;
    }
    if (source.alive && source.version !== version) {
      version = source.version;
      since = performance.now();
      return;
    }
    if (source.alive && performance.now() - since < STUCK_AFTER_MS) {
      Promise.resolve(source.wake()).catch(() => {}); // tried again in a second
      return;
    }
    reviving = true;
    await revive();
    reviving = false;
    since = performance.now();
  };
  setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", () => document.hidden || look());
}
