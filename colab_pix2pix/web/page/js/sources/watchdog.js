/** Keeps the source running, also after the machine has slept. */

const CHECK_EVERY_MS = 1000;
const STALLED_AFTER_MS = 5000;

/**
 * Resumes a source that stands still; one that stays dead is started again.
 *
 * @param {import("../frame_loop.js").FrameLoop} loop Whose source is watched.
 * @param {() => Promise<void>} restart Starts the camera again.
 */
export function watchSource(loop, restart) {
  let version = null;
  let lastChange = performance.now();
  let restarting = false;
  const check = async () => {
    const { source } = loop;
    const idle = !source || loop.paused || document.hidden || restarting;
    if (idle || source.isStill) {
      lastChange = performance.now();
      return;
    }
    if (source.alive && source.version !== version) {
      version = source.version;
      lastChange = performance.now();
      return;
    }
    if (source.alive && performance.now() - lastChange < STALLED_AFTER_MS) {
      Promise.resolve(source.resume()).catch(() => {}); // tried again in a second
      return;
    }
    restarting = true;
    await restart();
    restarting = false;
    lastChange = performance.now();
  };
  setInterval(check, CHECK_EVERY_MS);
  document.addEventListener("visibilitychange", () => document.hidden || check());
}
