/** The engine in a thread of its own. Each question has a number; its answer has the same. */

import { Engine } from "./engine.js";

let engine = null;

const DOES = {
  async greet() {
    return [{}, []];
  },
  async open(given) {
    engine = await Engine.open(given);
    return [{}, []];
  },
  async run({ input, still }) {
    const image = await engine.run(input, { still });
    return [image, [image.buffer]];
  },
};

self.onmessage = async ({ data: { number, name, given } }) => {
  try {
    const [answer, moved] = await DOES[name](given);
    self.postMessage({ number, answer }, moved);
  } catch (error) {
    self.postMessage({ number, error: String(error?.message ?? error) });
  }
};
