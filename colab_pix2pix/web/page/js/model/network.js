/** The model as the page uses it: opened on the fastest backend that works here, run, closed. */

import { isSingleFile, part } from "../assets.js";
import { Trouble } from "../user_error.js";
import { Engine } from "./engine.js";
import { usableThreads } from "./isolation.js";
import { describeModel } from "./model_file.js";

/** Names of the runtime's files for each backend. WebGPU's needs JSPI, and is in the folder only. */
const RUNTIMES = {
  webgpu: ["runtime/ort.jspi.bundle.min.mjs", "runtime/ort-wasm-simd-threaded.jspi.wasm"],
  wasm: ["runtime/ort.wasm.bundle.min.mjs", "runtime/ort-wasm-simd-threaded.wasm"],
};
const WORKER = "js/model/worker.js";
const PATIENCE_MS = 120_000; // for an answer: a worker that ran out of memory may end without a word

export class Network {
  /**
   * @param {Uint8Array} bytes An ONNX file of ours.
   * @param {{only?: string}} about `only`: this backend and no other.
   * @returns {Promise<Network>}
   * @throws {Trouble} It is none of ours, or does not run here.
   */
  static async open(bytes, { only = "" } = {}) {
    const about = describeModel(bytes);
    if (typeof WebAssembly === "undefined") {
      throw new Trouble(
        "This browser has no WebAssembly, which runs the model; it is old, or locked down.",
        "Open the page in a current Chrome, Edge, Firefox or Safari.",
      );
    }
    const reasons = [];
    for (const backend of only ? [only] : await backends()) {
      try {
        const network = new Network(about, backend);
        await network.start(bytes);
        return network;
      } catch (error) {
        if (error instanceof Trouble) throw error;
        reasons.push(`${backend}: ${error?.message ?? error}`);
      }
    }
    throw new Trouble(
      `The model does not run here (${reasons.join("; ")}).`,
      "Try a smaller model, a current browser, or a device with more memory.",
    );
  }

  constructor(about, backend) {
    this.about = about;
    this.backend = backend;
    this.threads = backend === "wasm" && globalThis.crossOriginIsolated ? usableThreads() : 1;
    this.waiting = new Map();
    this.asked = 0;
    this.failed = "";
  }

  /** How the model is run, in words. */
  get words() {
    if (this.backend === "webgpu") return "graphics card";
    return this.threads > 1 ? `processor, ${this.threads} threads` : "processor, 1 thread";
  }

  async start(bytes) {
    const [script, binary] = RUNTIMES[this.backend];
    const single = isSingleFile();
    const given = {
      backend: this.backend,
      script: single ? "" : new URL(script, document.baseURI).href,
      source: single ? await part(script) : null,
      binary: await part(binary),
      model: bytes,
      about: this.about,
      threads: this.threads,
    };
    try {
      this.worker = await startWorker(single);
    } catch {
      this.engine = await Engine.open(given); // some browsers start no worker from a double click
      return;
    }
    this.worker.onmessage = ({ data }) => this.hear(data);
    this.worker.onerror = (event) => this.fail(event.message || "the worker ended");
    try {
      await this.ask("open", given, [given.binary.buffer]);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Begins at once; in a worker it goes on while the page does something else.
   *
   * @param {Float32Array} input `image_size × image_size × input_channels` in [−1, 1].
   * @param {boolean} still The dropout of the picture before, in paper mode.
   * @returns {Promise<Float32Array>} The picture, `output_size × output_size × 3` in [−1, 1].
   */
  run(input, still = false) {
    return this.worker ? this.ask("run", { input, still }) : this.engine.run(input, { still });
  }

  ask(name, given, moved = []) {
    if (this.failed) return Promise.reject(new Error(this.failed));
    const number = ++this.asked;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => this.fail("the network does not answer"), PATIENCE_MS);
      this.waiting.set(number, { resolve, reject, late });
      this.worker.postMessage({ number, name, given }, moved);
    });
  }

  hear({ number, answer, error }) {
    const { resolve, reject, late } = this.waiting.get(number);
    clearTimeout(late);
    this.waiting.delete(number);
    if (error === undefined) resolve(answer);
    else reject(new Error(error));
  }

  /** Lets all questions fail, also those to come: a worker that ended stays silent. */
  fail(reason) {
    this.failed = reason;
    for (const { reject, late } of this.waiting.values()) {
      clearTimeout(late);
      reject(new Error(reason));
    }
    this.waiting.clear();
  }

  /** Ends the worker with all its memory; a picture that is waited for fails. */
  close() {
    this.fail("the model was closed");
    this.worker?.terminate();
    this.engine?.close();
  }
}

/** @returns {Promise<string[]>} What may work here, the fastest first. */
async function backends() {
  const found = ["wasm"];
  if (isSingleFile() || !("Suspending" in WebAssembly) || !navigator.gpu) return found;
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  // A graphics card that the processor imitates is slower than the processor itself.
  const imitated = adapter?.info?.isFallbackAdapter ?? adapter?.isFallbackAdapter;
  return adapter && !imitated ? ["webgpu", ...found] : found;
}

/** @returns {Promise<Worker>} A worker that answers. */
async function startWorker(single) {
  let address = new URL(WORKER, document.baseURI);
  if (single) address = URL.createObjectURL(new Blob([await part(WORKER)], { type: "text/javascript" }));
  const worker = new Worker(address, { type: "module" });
  await new Promise((resolve, reject) => {
    worker.onmessage = resolve;
    worker.onerror = reject;
    worker.postMessage({ number: 0, name: "greet" });
  });
  return worker;
}
