/**
 * Threads need a page that is isolated from others, which a web server has to say in two headers.
 * Few hosts can be told so. Where they don't say it, a service worker of the page's own adds the
 * headers: it is installed at the first visit, and the page loaded once more.
 */

const TRIED = "colab_pix2pix isolation tried";
const MOST_THREADS = 4; // small networks gain nothing from more

/** How many threads the network gets: half of what there is, the page and the camera need some too. */
export function usableThreads() {
  return Math.min(MOST_THREADS, Math.ceil((navigator.hardwareConcurrency ?? 1) / 2));
}

/** @returns {Promise<boolean>} True when the page is being loaded again: start nothing. */
export async function isolate() {
  const useful = !globalThis.crossOriginIsolated && usableThreads() > 1;
  const framed = window.top !== window; // a notebook's cell: its page decides
  if (!useful || framed || !globalThis.isSecureContext || !navigator.serviceWorker) return false;
  try {
    if (sessionStorage.getItem(TRIED)) return false;
    sessionStorage.setItem(TRIED, "1"); // once in a tab's life: never a loop
    await navigator.serviceWorker.register("isolation-worker.js");
    const ready = navigator.serviceWorker.ready;
    const late = new Promise((resolve) => setTimeout(resolve, 3000, null));
    if (!(await Promise.race([ready, late]))) return false;
  } catch {
    return false; // storage or workers are switched off: one thread will do
  }
  location.reload();
  return true;
}
