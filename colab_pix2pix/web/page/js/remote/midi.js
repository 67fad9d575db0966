/** MIDI controllers: which knob or slider (a control change, CC) moves what. */

import { UserError } from "../user_error.js";
import { TARGETS } from "./targets.js";

const STORED_AS = "colab_pix2pix midi";
const CONTROL_CHANGE = 0xb0;
/** The browser's names of errors that somebody can take back. */
const REFUSALS = ["NotAllowedError", "SecurityError"];
const REASONS = {
  refused: [
    "MIDI may not be used: {error}.",
    "Allow it with the sign beside the address, then press Connect MIDI again.",
  ],
  busy: [
    "MIDI does not start here: {error}.",
    "Plug the controller in, close other programs that use it, then press Connect MIDI again.",
  ],
};
const LARGEST = 127; // of a number, and of a value

export class Midi {
  /**
   * @param {object} listeners
   * @param {(target: string, share: number) => void} listeners.onControl Something was moved; 0 to 1.
   * @param {() => void} listeners.onChange Another device, or another map.
   */
  constructor({ onControl, onChange }) {
    this.onControl = onControl;
    this.onChange = onChange;
    this.learning = null; // the target that the next knob is for
    this.map = readMap();
  }

  /** @throws {UserError} The browser has no MIDI, or may not use it. */
  async connect() {
    if (!navigator.requestMIDIAccess) {
      throw new UserError(
        "This browser has no MIDI.",
        "Chrome, Edge and Firefox have it, for pages from https:// and from this machine.",
      );
    }
    try {
      this.access = await navigator.requestMIDIAccess();
    } catch (error) {
      const isRefused = REFUSALS.includes(error.name);
      throw new UserError(
        ...REASONS[isRefused ? "refused" : "busy"],
        { cause: error, error: error.message.replace(/\.$/, "") },
      );
    }
    this.access.onstatechange = () => this.listen();
    this.listen();
  }

  /** Also to devices that are plugged in later. */
  listen() {
    for (const input of this.access.inputs.values()) {
      input.onmidimessage = ({ data }) => this.handleMessage(data);
    }
    this.onChange();
  }

  /** @returns {string[]|null} The names of devices; null where MIDI is not connected. */
  get devices() {
    if (!this.access) return null;
    const connected = [...this.access.inputs.values()].filter(({ state }) => state !== "disconnected");
    return connected.map(({ name }) => name || "a device without a name");
  }

  /** @param {Uint8Array} data Any MIDI message; the channel does not matter. */
  handleMessage([status, number, value]) {
    if ((status & 0xf0) !== CONTROL_CHANGE || value === undefined) return;
    if (this.learning) this.assign(this.learning, number);
    for (const target in this.map) {
      if (this.map[target] === number) this.onControl(target, value / LARGEST);
    }
  }

  /** @param {string|null} target The next knob that is moved will be for it; null for none. */
  learn(target) {
    this.learning = target;
    this.onChange();
  }

  /** One knob moves one thing. */
  assign(target, number) {
    for (const other in this.map) if (this.map[other] === number) this.map[other] = null;
    this.map[target] = number;
    this.learning = null;
    writeMap(this.map);
    this.onChange();
  }
}

/** @returns {Object<string, number|null>} The number for each target: the visitor's, or 1, 2, 3 and so on. */
function readMap() {
  const names = Object.keys(TARGETS);
  const usual = Object.fromEntries(names.map((name, index) => [name, index + 1]));
  try {
    const stored = JSON.parse(localStorage.getItem(STORED_AS));
    const isNumber = (value) => value === null || (Number.isInteger(value) && value >= 0 && value <= LARGEST);
    return stored && names.every((name) => isNumber(stored[name])) ? stored : usual;
  } catch {
    return usual; // storage is switched off, or holds something else
  }
}

function writeMap(map) {
  try {
    localStorage.setItem(STORED_AS, JSON.stringify(map));
  } catch {
    // storage is switched off: the map is kept until the page is closed
  }
}
