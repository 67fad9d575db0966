/** What the sources have in common whose frames come out of a `<video>` element. */

export class VideoSource {
  /** @param {HTMLVideoElement} element */
  constructor(element) {
    this.element = element;
  }

  /** Changes with each new frame. */
  get version() {
    return this.element.currentTime;
  }

  /** Goes on after the page was hidden. */
  resume() {
    if (this.element.paused) return this.element.play();
  }

  setPaused(paused) {
    if (paused) this.element.pause();
    else this.element.play().catch(passOverAbort);
  }
}

/** Whoever pauses a video that has not begun yet wants no message about it. */
function passOverAbort(error) {
  if (error.name !== "AbortError") throw error;
}
