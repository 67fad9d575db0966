/** Files that the visitor brings: chosen with a button, dropped onto the page, or pasted. */

import { byId } from "../dom.js";

/**
 * Asks for a file.
 *
 * @param {string} accept Kinds of files, as `<input accept>` takes them.
 * @param {(file: File) => void} onFile
 */
export function pickFile(accept, onFile) {
  const input = byId("file");
  input.accept = accept;
  input.value = "";
  input.onchange = () => input.files[0] && onFile(input.files[0]);
  input.click();
}

/** @param {(file: File) => void} onFile Called with the first of the files that are dropped or pasted. */
export function listenToGifts(onFile) {
  const overlay = byId("drop");
  const showOverlay = (event) => {
    event.preventDefault();
    overlay.hidden = false;
  };
  document.addEventListener("dragenter", showOverlay);
  document.addEventListener("dragover", showOverlay);
  document.addEventListener("dragleave", ({ relatedTarget }) => {
    if (!relatedTarget) overlay.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    overlay.hidden = true;
    const [file] = event.dataTransfer.files;
    if (file) onFile(file);
  });
  document.addEventListener("paste", (event) => {
    const [file] = event.clipboardData?.files ?? [];
    if (!file) return;
    event.preventDefault();
    onFile(file);
  });
}
