/** One line for what the visitor should know; screen readers tell it too. */

import { byId } from "../dom.js";
import { Trouble } from "../user_error.js";

/** @param {Error} error A `Trouble` is said as it is, others as something unexpected. */
export function tell(error) {
  const trouble = error instanceof Trouble ? error : new Trouble(unexpected(error), "Load the page again.");
  const what = Object.assign(document.createElement("strong"), { textContent: trouble.what });
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
  close.setAttribute("aria-label", "Close this message");
  close.onclick = hush;
  const words = document.createElement("p");
  words.append(what, " ", trouble.fix);
  byId("notice").replaceChildren(words, close);
}

/** Takes the message away. */
export function hush() {
  byId("notice").replaceChildren();
}

function unexpected(error) {
  return `Something unexpected happened (${error?.message ?? error}).`;
}
