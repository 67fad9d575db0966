/** What moves through a video: a bar, play and stop, one frame on or back. */

import { byId } from "../dom.js";
import { _, N_ } from "../language.js";

export class Player {
  /** @param {() => void} wake Called when somebody moves the video: what is shown may not stand still now. */
  constructor(wake) {
    this.wake = wake;
    byId("play").onclick = () => this.use((video) => (video.isStill ? video.play() : video.hold()));
    byId("step-back").onclick = () => this.use((video) => video.step(-1));
    byId("step-on").onclick = () => this.use((video) => video.step(1));
    byId("seek").oninput = ({ target }) => this.use((video) => video.seek(target.valueAsNumber));
    byId("seek").onkeydown = (event) => this.handleKey(event);
    byId("loop").onchange = ({ target }) => this.use((video) => (video.element.loop = target.checked));
  }

  /** @param {import("../frame_loop.js").Source} source The controls are there for videos only. */
  show(source) {
    const isVideo = source.kind === "video";
    byId("player").hidden = !isVideo;
    this.video = isVideo ? source : null;
    if (!isVideo) return;
    source.element.loop = byId("loop").checked;
    for (const event of ["timeupdate", "seeked", "play", "pause", "ended"]) {
      source.element.addEventListener(event, () => this.update());
    }
    this.update();
  }

  use(action) {
    this.wake();
    action(this.video);
    this.update();
  }

  /** One key, one frame. */
  handleKey(event) {
    const direction = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!direction) return;
    event.preventDefault();
    if (event.repeat && this.video.stepping) return; // a key that is held down moves no faster than frames come
    this.use((video) => video.step(direction));
  }

  update() {
    const { video } = this;
    if (!video) return;
    const { element, duration } = video;
    const bar = byId("seek");
    bar.max = duration;
    bar.value = element.currentTime;
    const [now, end] = [element.currentTime, duration].map(clockTime);
    bar.setAttribute("aria-valuetext", _("{now} of {end}", { now, end }));
    byId("place").textContent = `${now} / ${end}`;
    const plays = !video.isStill;
    byId("play").setAttribute("aria-label", _(plays ? N_("Stop the video") : N_("Play the video")));
    byId("play").querySelector("use").setAttribute("href", plays ? "#icon-pause" : "#icon-go");
  }
}

/** @returns {string} Seconds as minutes, seconds and tenths. */
function clockTime(seconds) {
  const tenths = Math.floor(seconds * 10 + 1e-6);
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  return `${Math.floor(tenths / 600)}:${rest}`;
}
