/** Which models there are: one, or two whose pictures are mixed. */

import { loadAsset } from "./assets.js";
import { byId } from "./dom.js";
import { showError } from "./interface/notice.js";
import { _ } from "./language.js";
import { Network } from "./model/network.js";
import { UserError } from "./user_error.js";
import { RETRY_MS, sleep } from "./waiting.js";

const MAX_MODEL_BYTES = 1e9;
const PLAIN_NAME = /^[\w.-]+\.onnx$/;

export class Models {
  /**
   * @param {object} parts
   * @param {import("./frame_loop.js").FrameLoop} parts.loop
   * @param {object} parts.settings As in `url_settings.js`; `backend` is set where one fails.
   * @param {() => void} parts.onChange There are other ones now.
   */
  constructor({ loop, settings, onChange }) {
    Object.assign(this, { loop, settings, onChange });
    this.readers = []; // how the bytes of each are read again
  }

  /** Opens those that come with the page. */
  async openFirst() {
    await this.open(() => loadAsset("model.onnx"));
    const { second } = this.settings;
    if (!second) return;
    if (!PLAIN_NAME.test(second)) {
      throw new UserError("{second} is no second model.", "Give the name of an .onnx file beside the page.", { second });
    }
    await this.open(() => loadAsset(second), 1);
  }

  /**
   * Puts a model in the place of the one before, which goes on where it can't.
   *
   * @param {() => Promise<Uint8Array>} read
   * @param {number} index 0, or 1 for the second.
   */
  async open(read, index = 0) {
    const network = await Network.open(await read(), { backend: this.settings.backend });
    const place = Math.min(index, this.loop.voices.length); // without a first one it is the first
    this.readers[place] = read;
    this.loop.setNetwork(network, place);
    byId("loading").hidden = true;
    this.onChange();
  }

  /** @param {File} file @param {number} index */
  async openFile(file, index) {
    if (file.size > MAX_MODEL_BYTES) {
      throw new UserError("{file} is too large for a browser.", "", { file: file.name });
    }
    await this.open(async () => new Uint8Array(await file.arrayBuffer()), index);
  }

  removeSecond() {
    this.loop.setNetwork(null, 1);
    this.onChange();
  }

  /** A network that failed is opened again, on the processor. */
  async reopen(error, index) {
    const { network } = this.loop.voices[index];
    console.warn("The network failed and is opened again:", error);
    this.settings.backend = "wasm"; // a graphics card that was lost may be lost again
    try {
      await this.open(this.readers[index], index);
    } catch (reopenError) {
      if (this.loop.voices[index]?.network === network) showError(reopenError);
      await sleep(RETRY_MS);
    }
  }

  /** @returns {object[]} What each says of itself. */
  get metadata() {
    return this.loop.voices.map(({ network }) => network.metadata);
  }

  /** @returns {string} The model, or both, in a line. */
  get label() {
    const [{ deviceLabel }] = this.loop.voices.map(({ network }) => network);
    return [...this.metadata.map(describe), deviceLabel].filter(Boolean).join(" · ");
  }
}

function describe({ condition: name, image_width: width, image_height: height, name: title }) {
  const condition = { "blurred-grey": "blurred", edges: "edges", grey: "grey" }[name];
  const size = width === height ? width : `${width}×${height}`;
  const input = `${condition ?? _("pictures")}, ${size} px`;
  return [title === document.title ? "" : title, input].filter(Boolean).join(" · ");
}
