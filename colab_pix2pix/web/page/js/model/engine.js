/**
 * One model in the runtime: from float32 inputs to float32 pictures. Lives in a worker where it can
 * (`worker.js`), so that the page stays quick while the network works.
 */

export class Engine {
  /**
   * @param {object} given
   * @param {string} given.backend "webgpu" or "wasm".
   * @param {string} given.script Address of the runtime's module, or "".
   * @param {Uint8Array|null} given.source Its text instead, where it has no address.
   * @param {Uint8Array} given.binary The runtime's WebAssembly.
   * @param {Uint8Array} given.model The ONNX file.
   * @param {object} given.about What `describeModel` says of it.
   * @param {number} given.threads For "wasm".
   * @returns {Promise<Engine>} Has run once: what is compiled late is compiled now.
   */
  static async open({ backend, script, source, binary, model, about, threads }) {
    const address = source ? URL.createObjectURL(new Blob([source], { type: "text/javascript" })) : script;
    const ort = await import(address);
    ort.env.wasm.wasmBinary = binary;
    ort.env.wasm.numThreads = threads;
    ort.env.logLevel = "error";
    const session = await ort.InferenceSession.create(model, {
      executionProviders: [backend],
      graphOptimizationLevel: "all",
    });
    ort.env.wasm.wasmBinary = undefined; // it is compiled: 14 MB less to keep
    const engine = new Engine(ort, session, about);
    const first = await engine.run(new Float32Array(about.image_size ** 2 * about.input_channels));
    if (!first.every(Number.isFinite)) throw new Error(`${backend} computes no numbers`);
    return engine;
  }

  constructor(ort, session, about) {
    this.ort = ort;
    this.session = session;
    this.shape = [1, about.image_size, about.image_size, about.input_channels];
    this.outputLength = about.output_size ** 2 * 3;
    this.dropout = about.dropout;
    this.running = Promise.resolve();
    this.masks = Object.entries(about.masks).map(([name, shape]) => {
      const whole = shape.map((length) => (length > 0 ? length : 1)); // a free batch is 1
      return { name, shape: whole, values: new Float32Array(whole.reduce((a, b) => a * b, 1)) };
    });
    this.drawChances();
  }

  /** Draws new dropout: each value is 0, or what remains is made larger by as much. */
  drawChances() {
    const kept = 1 / (1 - this.dropout);
    for (const { values } of this.masks) {
      for (let i = 0; i < values.length; i++) values[i] = Math.random() < this.dropout ? 0 : kept;
    }
  }

  /**
   * Waits for the picture before: the runtime takes one at a time.
   *
   * @param {Float32Array} input `image_size × image_size × input_channels` in [−1, 1].
   * @param {{still?: boolean}} about `still`: the dropout of the picture before, in paper mode.
   * @returns {Promise<Float32Array>} `output_size × output_size × 3` in [−1, 1].
   */
  run(input, { still = false } = {}) {
    const run = this.running.catch(() => {}).then(() => this.runNow(input, still));
    this.running = run;
    return run;
  }

  async runNow(input, still) {
    if (!still) this.drawChances();
    const { Tensor } = this.ort;
    const feeds = { input_image: new Tensor("float32", input, this.shape) };
    for (const { name, shape, values } of this.masks) feeds[name] = new Tensor("float32", values, shape);
    const { generated_image: made } = await this.session.run(feeds);
    const image = made.data;
    made.dispose();
    for (const name in feeds) feeds[name].dispose();
    if (image?.length !== this.outputLength) throw new Error(`the model gives ${image?.length} values`);
    return image;
  }

  async close() {
    await this.session.release();
  }
}
