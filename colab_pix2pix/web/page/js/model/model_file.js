/**
 * What a model file says about itself, read out of its bytes.
 *
 * An ONNX file is a protocol buffer: fields of a number, a kind and a value. Field 14 of a model
 * holds pairs of strings; the pair "colab_pix2pix" is our JSON. The runtime does not give them out.
 */

import { Trouble } from "../user_error.js";

const GRAPH = 7;
const PROPERTIES = 14;
const KEY = 1;
const VALUE = 2;
const OURS = "colab_pix2pix";
const KNOWN_VERSION = 1;
const CONDITIONS = ["blurred-grey", "grey", "edges", "paired", "none"];

/**
 * @param {Uint8Array} bytes Of a file.
 * @returns {object} The JSON of `colab_pix2pix export`: `name`, `condition`, `blur_factor`,
 *   `image_size`, `output_size`, `input_channels`, `mode`, `masks`, `dropout`, `weights`, `step`.
 * @throws {Trouble} The bytes are no model, none of ours, or of a later version of the project.
 */
export function describeModel(bytes) {
  const properties = readProperties(bytes);
  if (properties === null) {
    throw new Trouble(
      "This file is no model.",
      "Choose a file that ends in .onnx, from the folder that colab-pix2pix export has written.",
    );
  }
  if (!(OURS in properties)) {
    throw new Trouble(
      "This is a model of another program: it does not say how its input is made.",
      "Export yours with: colab-pix2pix export RUN FOLDER --format onnx",
    );
  }
  return checked(JSON.parse(properties[OURS]));
}

function checked(about) {
  const { version, image_size: size, output_size: made, input_channels: channels } = about;
  if (version > KNOWN_VERSION || !CONDITIONS.includes(about.condition)) {
    throw new Trouble(
      "This model is from a later version of colab_pix2pix.",
      "Use the page that was exported with it.",
    );
  }
  if (!(size > 0 && made > 0 && (channels === 1 || channels === 3))) {
    throw new Trouble("This model does not say how large its pictures are.", "Export it again.");
  }
  return { name: "", blur_factor: 1, masks: {}, dropout: 0.5, ...about };
}

/** @returns {Object<string, string>|null} The string pairs of a model; null if it is none. */
function readProperties(bytes) {
  const properties = {};
  let graphs = 0;
  try {
    for (const [number, value] of fieldsOf(bytes)) {
      if (number === GRAPH && value.length > 0) graphs += 1;
      if (number !== PROPERTIES) continue;
      const pair = Object.fromEntries(fieldsOf(value));
      properties[asText(pair[KEY])] = asText(pair[VALUE]);
    }
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    return null;
  }
  return graphs === 1 ? properties : null;
}

/** Yields number and value of each field; values of unequal length as bytes, others are passed over. */
function* fieldsOf(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      if (at >= bytes.length || shift > 2 ** 63) throw new RangeError("no protocol buffer");
      const byte = bytes[at++];
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag % 8;
    let value;
    if (kind === 0) value = varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 2) {
      const length = varint();
      value = bytes.subarray(at, at + length);
      at += length;
    } else throw new RangeError("no protocol buffer");
    if (at > bytes.length || tag < 8) throw new RangeError("no protocol buffer");
    yield [Math.floor(tag / 8), value];
  }
}

function asText(bytes) {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
