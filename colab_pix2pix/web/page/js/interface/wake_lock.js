/** Keeps the screen on while something is shown that moves. */

/** Holds the browser's wake lock while it is enabled; browsers drop it whenever the page is hidden. */
export class WakeLock {
  constructor() {
    this.enabled = false;
    document.addEventListener("visibilitychange", () => this.update());
  }

  setEnabled(enabled) {
    this.enabled = enabled;
    this.update();
  }

  async update() {
    if (!this.enabled) {
      this.sentinel?.release();
      this.sentinel = null;
      return;
    }
    const held = this.sentinel && !this.sentinel.released;
    if (document.hidden || !navigator.wakeLock || held) return;
    try {
      this.sentinel = await navigator.wakeLock.request("screen");
    } catch {
      this.sentinel = null; // a nearly empty battery refuses: the page works without
    }
  }
}
