/** OSC messages that come over a WebSocket, as OSC's own bytes or as JSON. Nothing is ever sent. */

import { _ } from "../language.js";
import { UserError } from "../user_error.js";
import { decodeOsc } from "./osc_packet.js";
import { TARGETS } from "./targets.js";

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 10_000;

export class OscSocket {
  /**
   * @param {object} listeners
   * @param {(target: string, value: number) => void} listeners.onValue
   * @param {(words: string) => void} listeners.onState How things stand, in words.
   */
  constructor({ onValue, onState }) {
    this.onValue = onValue;
    this.onState = onState;
  }

  /**
   * Connects, and goes on trying until `disconnect`.
   *
   * @param {string} address Such as "ws://localhost:8080".
   * @throws {UserError} It is none, or this page may not use it.
   */
  connect(address) {
    this.disconnect();
    this.address = address.includes("://") ? address : `ws://${address}`;
    this.retryMs = FIRST_RETRY_MS;
    if (!/^wss?:\/\/[^/\s][^\s#]*$/.test(this.address)) {
      throw new UserError("{address} is no address for OSC.", "Type one such as ws://localhost:8080.", { address });
    }
    this.open();
  }

  open() {
    this.onState(_("Connecting to {address} …", this));
    let socket;
    try {
      socket = new WebSocket(this.address);
    } catch (error) {
      throw new UserError(
        "{address} can't be used here ({error}).",
        "A page from https:// reaches wss:// and this machine only; the address ends after host, port and path.",
        { cause: error, address: this.address, error: error.message },
      );
    }
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.retryMs = FIRST_RETRY_MS;
      this.onState(_("Connected to {address}.", this));
    };
    socket.onmessage = ({ data }) => this.handleMessage(data);
    socket.onclose = () => this.retry();
  }

  retry() {
    this.onState(_("No answer from {address}; it is tried again.", this));
    this.timer = setTimeout(() => this.open(), this.retryMs);
    this.retryMs = Math.min(LONGEST_RETRY_MS, 2 * this.retryMs);
  }

  disconnect() {
    clearTimeout(this.timer);
    if (!this.socket) return;
    this.socket.onclose = this.socket.onmessage = this.socket.onopen = null;
    this.socket.close();
    this.socket = null;
    this.onState(_("Not connected."));
  }

  /** @param {string|ArrayBuffer} data What can't be read is said, and passed over. */
  handleMessage(data) {
    try {
      const messages = typeof data === "string" ? readJson(data) : decodeOsc(new Uint8Array(data));
      for (const message of messages) this.take(message);
    } catch (error) {
      this.onState(_("Connected; a message could not be read: {error}.", { error: error.message }));
    }
  }

  /** The last part of the address counts: /blur, or /page/2/blur. */
  take({ address, args }) {
    const target = String(address).split("/").at(-1);
    const [value] = [args].flat().map((argument) => argument?.value ?? argument);
    if (!Object.hasOwn(TARGETS, target)) {
      throw new RangeError(`${address} is none of /${Object.keys(TARGETS).join(", /")}`);
    }
    if (!Number.isFinite(value)) throw new RangeError(`${address} comes without a number`);
    this.onValue(target, value);
  }
}

/** @returns {{address: string, args: any}[]} Of `{"address": "/blur", "args": [12]}`, of `{"blur": 12}`, or a list. */
function readJson(text) {
  return [JSON.parse(text)].flat().flatMap((message) => {
    if (message === null || typeof message !== "object") throw new RangeError("JSON without an address");
    if ("address" in message) return [message];
    return Object.entries(message).map(([address, args]) => ({ address, args }));
  });
}
