/** One line for what the visitor should know; screen readers tell it too. */

import { byId } from "../dom.js";
import { _ } from "../language.js";
import { UserError } from "../user_error.js";

/** @param {Error} error A `UserError` is said as it is, others as something unexpected. */
export function showError(error) {
  const { what, fix, values } = error instanceof UserError ? error : unexpectedError(error);
  const summary = Object.assign(document.createElement("strong"), { textContent: _(what, values) });
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
  close.setAttribute("aria-label", _("Close this message"));
  close.onclick = clearError;
  const message = document.createElement("p");
  message.append(summary, " ", _(fix, values));
  clearError();
  byId("notice").getBoundingClientRect(); // gone for a moment: how long it stays is counted anew
  byId("notice").replaceChildren(message, close);
}

/** Takes the message away. */
export function clearError() {
  byId("notice").replaceChildren();
}

function unexpectedError(error) {
  const values = { error: error?.message ?? error };
  return new UserError("Something unexpected happened ({error}).", "Load the page again.", values);
}
