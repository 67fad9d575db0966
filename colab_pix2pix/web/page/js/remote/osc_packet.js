/**
 * OSC packets: messages of an address and values, and bundles of them.
 * (Open Sound Control 1.0, https://opensoundcontrol.stanford.edu/spec-1_0.html)
 */

const BUNDLE = "#bundle";
const BUNDLE_HEAD = 16; // its name and a time, which is not waited for

/**
 * @param {Uint8Array} bytes A message or a bundle.
 * @returns {{address: string, args: any[]}[]} The messages in it.
 * @throws {RangeError} The bytes are no OSC.
 */
export function decodeOsc(bytes) {
  const reader = new OscReader(bytes);
  const address = reader.string();
  if (address === BUNDLE) return decodeBundle(bytes);
  if (!address.startsWith("/")) throw new RangeError("an OSC address begins with /");
  const tags = reader.isAtEnd ? "," : reader.string();
  if (!tags.startsWith(",")) throw new RangeError("the types of the values are missing");
  const args = [...tags.slice(1)].filter((tag) => !"[]".includes(tag)).map((tag) => reader.value(tag));
  return [{ address, args }];
}

function decodeBundle(bytes) {
  const messages = [];
  let offset = BUNDLE_HEAD;
  while (offset < bytes.length) {
    const length = new OscReader(bytes.subarray(offset)).value("i");
    const part = bytes.subarray(offset + 4, offset + 4 + length);
    if (length <= 0 || part.length !== length) throw new RangeError("a part of the bundle is cut off");
    messages.push(...decodeOsc(part));
    offset += 4 + length;
  }
  return messages;
}

/** Reads one value after another; a `DataView` throws a RangeError where there are no more bytes. */
class OscReader {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = 0;
  }

  get isAtEnd() {
    return this.offset >= this.bytes.length;
  }

  /** @returns {string} One that ends with a zero, filled up to four bytes. */
  string() {
    const end = this.bytes.indexOf(0, this.offset);
    if (end < 0) throw new RangeError("a text has no end");
    const text = new TextDecoder().decode(this.bytes.subarray(this.offset, end));
    this.offset = 4 * (Math.floor(end / 4) + 1);
    return text;
  }

  number(length, read) {
    const value = read(this.view, this.offset);
    this.offset += length;
    return value;
  }

  value(tag) {
    if (tag === "i" || tag === "c" || tag === "r") return this.number(4, (view, at) => view.getInt32(at));
    if (tag === "f") return this.number(4, (view, at) => view.getFloat32(at));
    if (tag === "d") return this.number(8, (view, at) => view.getFloat64(at));
    if (tag === "h" || tag === "t") return this.number(8, (view, at) => Number(view.getBigInt64(at)));
    if (tag === "m") return this.number(4, (view, at) => view.getUint32(at));
    if (tag === "s" || tag === "S") return this.string();
    if (tag === "T") return true;
    if (tag === "F") return false;
    if (tag === "N") return null;
    if (tag === "I") return Infinity;
    if (tag === "b") {
      const length = this.number(4, (view, at) => view.getUint32(at));
      this.offset += 4 * Math.ceil(length / 4);
      if (this.offset > this.bytes.length) throw new RangeError("a value is cut off");
      return null; // nothing here takes bytes
    }
    throw new RangeError(`the type ${tag} is unknown`);
  }
}
