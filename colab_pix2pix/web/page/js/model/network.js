/** The model as the page uses it: opened on the fastest backend that works here, run, closed. */

import { isSingleFile, loadAsset } from "../assets.js";
import { _ } from "../language.js";
import { UserError } from "../user_error.js";
import { Engine } from "./engine.js";
import { usableThreads } from "./isolation.js";
import { readMetadata } from "./model_file.js";

/** Names of the runtime's files for each backend. WebGPU's needs JSPI, and is in the folder only. */
const RUNTIMES = {
  webgpu: ["runtime/ort.jspi.bundle.min.mjs", "runtime/ort-wasm-simd-threaded.jspi.wasm"],
  wasm: ["runtime/ort.wasm.bundle.min.mjs", "runtime/ort-wasm-simd-threaded.wasm"],
};
const WORKER = "js/model/worker.js";
const RESPONSE_TIMEOUT_MS = 120_000; // a worker that ran out of memory may end without a word

export class Network {
  /**
   * @param {Uint8Array} bytes An ONNX file of ours.
   * @param {{backend?: string}} options `backend`: this one and no other.
   * @returns {Promise<Network>}
   * @throws {UserError} It is none of ours, or does not run here.
   */
  static async open(bytes, { backend: onlyBackend = "" } = {}) {
    const metadata = readMetadata(bytes);
    if (typeof WebAssembly === "undefined") {
      throw new UserError(
        "This browser has no WebAssembly, which runs the model; it is old, or locked down.",
        "Open the page in a current Chrome, Edge, Firefox or Safari.",
      );
    }
    const failures = [];
    for (const backend of onlyBackend ? [onlyBackend] : await availableBackends()) {
      try {
        const network = new Network(metadata, backend);
        await network.start(bytes);
        return network;
      } catch (error) {
        if (error instanceof UserError) throw error;
        failures.push(`${backend}: ${error?.message ?? error}`);
      }
    }
    throw new UserError(
      "The model does not run here ({failures}).",
      "Try a smaller model, a current browser, or a device with more memory.",
      { failures: failures.join("; ") },
    );
  }

  constructor(metadata, backend) {
    this.metadata = metadata;
    this.backend = backend;
    this.threads = backend === "wasm" && globalThis.crossOriginIsolated ? usableThreads() : 1;
    this.pending = new Map(); // request id -> how to end it
    this.lastId = 0;
    this.failure = "";
  }

  /** What the model runs on, as the visitor reads it. */
  get deviceLabel() {
    if (this.backend === "webgpu") return _("graphics card");
    return this.threads > 1
      ? _("processor, {n} threads", { n: this.threads })
      : _("processor, 1 thread");
  }

  async start(bytes) {
    const [script, wasm] = RUNTIMES[this.backend];
    const single = isSingleFile();
    const options = {
      backend: this.backend,
      scriptUrl: single ? "" : new URL(script, document.baseURI).href,
      scriptSource: single ? await loadAsset(script) : null,
      wasmBinary: await loadAsset(wasm),
      model: bytes,
      metadata: this.metadata,
      threads: this.threads,
    };
    try {
      this.worker = await startWorker(single);
    } catch {
      this.engine = await Engine.open(options); // some browsers start no worker from a double click
      return;
    }
    this.worker.onmessage = ({ data }) => this.handleMessage(data);
    this.worker.onerror = (event) => this.fail(event.message || "the worker ended");
    try {
      await this.request("open", options, [options.wasmBinary.buffer]);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Begins at once; in a worker it goes on while the page does something else.
   *
   * @param {Float32Array} input `image_height × image_width × input_channels` in [−1, 1].
   * @param {boolean} keepDropout The masks of the run before, in paper mode.
   * @returns {Promise<Float32Array>} `output_height × output_width × 3` in [−1, 1].
   */
  run(input, keepDropout = false) {
    if (this.worker) return this.request("run", { input, keepDropout });
    return this.engine.run(input, { keepDropout });
  }

  request(method, params, transfer = []) {
    if (this.failure) return Promise.reject(new Error(this.failure));
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(() => this.fail("the network does not answer"), RESPONSE_TIMEOUT_MS);
      this.pending.set(id, { resolve, reject, timeout });
      this.worker.postMessage({ id, method, params }, transfer);
    });
  }

  handleMessage({ id, result, error }) {
    const { resolve, reject, timeout } = this.pending.get(id);
    clearTimeout(timeout);
    this.pending.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(error));
  }

  /** Lets all requests fail, also those to come: a worker that ended stays silent. */
  fail(reason) {
    this.failure = reason;
    for (const { reject, timeout } of this.pending.values()) {
      clearTimeout(timeout);
      reject(new Error(reason));
    }
    this.pending.clear();
  }

  /** Ends the worker with all its memory; a run that is waited for fails. */
  close() {
    this.fail("the model was closed");
    this.worker?.terminate();
    this.engine?.close();
  }
}

/** @returns {Promise<string[]>} What may work here, the fastest first. */
async function availableBackends() {
  const backends = ["wasm"];
  if (isSingleFile() || !("Suspending" in WebAssembly) || !navigator.gpu) return backends;
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  // A graphics card that the processor imitates is slower than the processor itself.
  const isFallback = adapter?.info?.isFallbackAdapter ?? adapter?.isFallbackAdapter;
  return adapter && !isFallback ? ["webgpu", ...backends] : backends;
}

/** @returns {Promise<Worker>} A worker that answers. */
async function startWorker(single) {
  let url = new URL(WORKER, document.baseURI);
  if (single) url = URL.createObjectURL(new Blob([await loadAsset(WORKER)], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  await new Promise((resolve, reject) => {
    worker.onmessage = resolve;
    worker.onerror = reject;
    worker.postMessage({ id: 0, method: "ping" });
  });
  return worker;
}
