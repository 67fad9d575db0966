/** Time that passes before something is tried again. */

export const RETRY_MS = 5000;

export function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
