/** What the sources have in common whose pictures come out of a `<video>` element. */

export class Moving {
  /** @param {HTMLVideoElement} element */
  constructor(element) {
    this.element = element;
  }

  /** Changes with each new picture. */
  get version() {
    return this.element.currentTime;
  }

  /** Goes on after the page was hidden. */
  wake() {
    if (this.element.paused) return this.element.play();
  }

  pause(still) {
    if (still) this.element.pause();
    else this.element.play();
  }
}
