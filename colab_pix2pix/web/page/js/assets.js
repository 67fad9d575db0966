/**
 * The page's large parts: the model, the runtime, the sample picture.
 *
 * In a folder they are files beside the page. In a single file they lie in it, gzipped in base64, as
 * `<script type="text/plain" id="part:model.onnx">`; nothing is fetched then.
 */

import { Trouble } from "./user_error.js";

/** Whether the page holds its parts itself. */
export function isSingleFile() {
  return document.querySelector('[id^="part:"]') !== null;
}

/**
 * @param {string} name Such as "model.onnx"; a path beside the page.
 * @returns {Promise<Uint8Array>} Its bytes.
 * @throws {Trouble} It is not there.
 */
export async function part(name) {
  const embedded = document.getElementById(`part:${name}`);
  if (embedded) return unpack(embedded.textContent);
  let answer;
  try {
    answer = await fetch(name);
  } catch (error) {
    throw missing(name, error);
  }
  if (!answer.ok) throw missing(name, `${answer.status} ${answer.statusText}`);
  return new Uint8Array(await answer.arrayBuffer());
}

function missing(name, reason) {
  const trouble = new Trouble(
    `The file ${name} could not be loaded (${reason.message ?? reason}).`,
    location.protocol === "file:"
      ? "A folder needs a web server: run python -m http.server in it, and open http://localhost:8000."
      : "Load the page again; if that does not help, export it again.",
  );
  trouble.cause = reason;
  return trouble;
}

/** @returns {Promise<Uint8Array>} The bytes that a base64 text holds gzipped. */
async function unpack(base64) {
  const binary = atob(base64.trim());
  const packed = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) packed[i] = binary.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
