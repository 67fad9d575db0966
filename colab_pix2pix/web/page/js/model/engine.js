/**
 * One model in the runtime: from float32 inputs to float32 outputs. Lives in a worker where it can
 * (`worker.js`), so that the page stays quick while the network works.
 */

export class Engine {
  /**
   * @param {object} options
   * @param {string} options.backend "webgpu" or "wasm".
   * @param {string} options.scriptUrl Of the runtime's module, or "".
   * @param {Uint8Array|null} options.scriptSource Its text instead, where it has no URL.
   * @param {Uint8Array} options.wasmBinary The runtime's WebAssembly.
   * @param {Uint8Array} options.model The ONNX file.
   * @param {object} options.metadata As `readMetadata` returns it.
   * @param {number} options.threads For "wasm".
   * @returns {Promise<Engine>} Has run once: what is compiled late is compiled now.
   */
  static async open({ backend, scriptUrl, scriptSource, wasmBinary, model, metadata, threads }) {
    const script = () => URL.createObjectURL(new Blob([scriptSource], { type: "text/javascript" }));
    const ort = await import(scriptSource ? script() : scriptUrl);
    ort.env.wasm.wasmBinary = wasmBinary;
    ort.env.wasm.numThreads = threads;
    ort.env.logLevel = "error";
    const session = await ort.InferenceSession.create(model, {
      executionProviders: [backend],
      graphOptimizationLevel: "all",
    });
    ort.env.wasm.wasmBinary = undefined; // it is compiled: 14 MB less to keep
    const engine = new Engine(ort, session, metadata);
    const output = await engine.run(new Float32Array(engine.inputLength));
    if (!output.every(Number.isFinite)) throw new Error(`${backend} computes no numbers`);
    return engine;
  }

  constructor(ort, session, metadata) {
    this.ort = ort;
    this.session = session;
    this.inputShape = [1, metadata.image_height, metadata.image_width, metadata.input_channels];
    this.inputLength = lengthOf(this.inputShape);
    this.outputLength = metadata.output_height * metadata.output_width * 3;
    this.dropout = metadata.dropout;
    this.running = Promise.resolve();
    this.masks = Object.entries(metadata.masks).map(([name, declaredShape]) => {
      const shape = declaredShape.map((length) => (length > 0 ? length : 1)); // a free batch is 1
      return { name, shape, values: new Float32Array(lengthOf(shape)) };
    });
    this.sampleDropout();
  }

  /** Draws new masks: each value is 0, or what remains is made larger by as much. */
  sampleDropout() {
    const scale = 1 / (1 - this.dropout);
    for (const { values } of this.masks) {
      for (let i = 0; i < values.length; i++) values[i] = Math.random() < this.dropout ? 0 : scale;
    }
  }

  /**
   * Waits for the run before: the runtime takes one at a time.
   *
   * @param {Float32Array} input `image_height × image_width × input_channels` in [−1, 1].
   * @param {{keepDropout?: boolean}} options `keepDropout`: the masks of the run before, in paper mode.
   * @returns {Promise<Float32Array>} `output_height × output_width × 3` in [−1, 1].
   */
  run(input, { keepDropout = false } = {}) {
    const run = this.running.catch(() => {}).then(() => this.runNow(input, keepDropout));
    this.running = run;
    return run;
  }

  async runNow(input, keepDropout) {
    if (!keepDropout) this.sampleDropout();
    const { Tensor } = this.ort;
    const feeds = { input_image: new Tensor("float32", input, this.inputShape) };
    for (const { name, shape, values } of this.masks) feeds[name] = new Tensor("float32", values, shape);
    const { generated_image: generatedImage } = await this.session.run(feeds);
    const output = generatedImage.data;
    generatedImage.dispose();
    for (const name in feeds) feeds[name].dispose();
    if (output?.length !== this.outputLength) throw new Error(`the model gives ${output?.length} values`);
    return output;
  }

  async close() {
    await this.session.release();
  }
}

function lengthOf(shape) {
  return shape.reduce((product, length) => product * length, 1);
}
