/**
 * The page's large files: the model, the runtime, the sample picture.
 *
 * In a folder they lie beside the page. In a single file they lie in it, gzipped in base64, as
 * `<script type="text/plain" id="asset:model.onnx">`; nothing is fetched then.
 */

import { N_ } from "./language.js";
import { UserError } from "./user_error.js";

/** Whether the page holds its assets itself. */
export function isSingleFile() {
  return document.querySelector('[id^="asset:"]') !== null;
}

/**
 * @param {string} path Such as "model.onnx": a path beside the page.
 * @returns {Promise<Uint8Array>} Its bytes.
 * @throws {UserError} It is not there.
 */
export async function loadAsset(path) {
  const embedded = document.getElementById(`asset:${path}`);
  if (embedded) return gunzipBase64(embedded.textContent);
  let response;
  try {
    response = await fetch(path);
  } catch (error) {
    throw missingAsset(path, error);
  }
  if (!response.ok) throw missingAsset(path, new Error(`${response.status} ${response.statusText}`));
  return new Uint8Array(await response.arrayBuffer());
}

function missingAsset(path, cause) {
  return new UserError(
    "The file {path} could not be loaded ({error}).",
    location.protocol === "file:"
      ? N_("A folder needs a web server: run python -m http.server in it, and open http://localhost:8000.")
      : N_("Load the page again; if that does not help, export it again."),
    { cause, path, error: cause.message },
  );
}

/** @returns {Promise<Uint8Array>} The bytes that a base64 text holds gzipped. */
async function gunzipBase64(base64) {
  const binary = atob(base64.trim());
  const gzipped = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) gzipped[i] = binary.charCodeAt(i);
  const stream = new Blob([gzipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
