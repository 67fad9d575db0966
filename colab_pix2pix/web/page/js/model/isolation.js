/**
 * Threads need a page that is isolated from others, which a web server has to say in two headers.
 * Few hosts can be told so. Where they don't say it, a service worker of the page's own adds the
 * headers: it is installed at the first visit, and the page loaded once more.
 */

const TRIED_KEY = "colab_pix2pix isolation tried";
const MAX_THREADS = 4; // small networks gain nothing from more
const INSTALL_TIMEOUT_MS = 3000;

/** How many threads the network gets: half of what there is, the page and the camera need some too. */
export function usableThreads() {
  return Math.min(MAX_THREADS, Math.ceil((navigator.hardwareConcurrency ?? 1) / 2));
}

/** @returns {Promise<boolean>} True when the page is being loaded again: start nothing. */
export async function isolate() {
  const wouldHelp = !globalThis.crossOriginIsolated && usableThreads() > 1;
  const inFrame = window.top !== window; // a notebook's cell: its page decides
  if (!wouldHelp || inFrame || !globalThis.isSecureContext || !navigator.serviceWorker) return false;
  try {
    if (sessionStorage.getItem(TRIED_KEY)) return false;
    sessionStorage.setItem(TRIED_KEY, "1"); // once in a tab's life: never a loop
    await navigator.serviceWorker.register("isolation-worker.js");
    const ready = navigator.serviceWorker.ready;
    const timeout = new Promise((resolve) => setTimeout(resolve, INSTALL_TIMEOUT_MS, null));
    if (!(await Promise.race([ready, timeout]))) return false;
  } catch {
    return false; // storage or workers are switched off: one thread will do
  }
  location.reload();
  return true;
}
