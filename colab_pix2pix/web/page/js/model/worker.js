/** The engine in a thread of its own. Each request has an id; its response has the same. */

import { Engine } from "./engine.js";

let engine = null;

/** What can be requested: each returns a result, and which of its buffers are handed over. */
const METHODS = {
  async ping() {
    return [{}, []];
  },
  async open(options) {
    engine = await Engine.open(options);
    return [{}, []];
  },
  async run({ input, keepDropout }) {
    const output = await engine.run(input, { keepDropout });
    return [output, [output.buffer]];
  },
};

self.onmessage = async ({ data: { id, method, params } }) => {
  try {
    const [result, transfer] = await METHODS[method](params);
    self.postMessage({ id, result }, transfer);
  } catch (error) {
    self.postMessage({ id, error: String(error?.message ?? error) });
  }
};
