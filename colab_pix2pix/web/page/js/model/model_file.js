/**
 * The metadata of a model file, read out of its bytes.
 *
 * An ONNX file is a protocol buffer: fields of a number, a wire type and a value. Field 14 of a model
 * holds pairs of strings; the pair "colab_pix2pix" is our JSON. The runtime does not give them out.
 * (https://protobuf.dev/programming-guides/encoding, `ModelProto` in onnx.proto)
 */

import { UserError } from "../user_error.js";

/** Field numbers of `ModelProto`, and of the pairs in it. */
const GRAPH = 7;
const METADATA_PROPS = 14;
const KEY = 1;
const VALUE = 2;
/** Wire types: how a value is stored. */
const VARINT = 0;
const EIGHT_BYTES = 1;
const WITH_LENGTH = 2;
const FOUR_BYTES = 5;

const METADATA_KEY = "colab_pix2pix";
const KNOWN_VERSION = 2; // since then pictures may be oblong
const CONDITIONS = ["blurred-grey", "grey", "edges", "paired", "none"];

/**
 * @param {Uint8Array} bytes Of a file.
 * @returns {object} The JSON of `colab_pix2pix export`: `name`, `condition`, `blur_factor`,
 *   `image_width`, `image_height`, `output_width`, `output_height`, `input_channels`, `mode`, `masks`,
 *   `dropout`, `weights`, `step`; of squares, the file has `image_size` and `output_size` instead.
 * @throws {UserError} The bytes are no model, none of ours, or of a later version of the project.
 */
export function readMetadata(bytes) {
  const props = readMetadataProps(bytes);
  if (props === null) {
    throw new UserError(
      "This file is no model.",
      "Choose a file that ends in .onnx, from the folder that colab-pix2pix export has written.",
    );
  }
  if (!(METADATA_KEY in props)) {
    throw new UserError(
      "This is a model of another program: it does not say how its input is made.",
      "Export yours with: colab-pix2pix export RUN FOLDER --format onnx",
    );
  }
  return validateMetadata(JSON.parse(props[METADATA_KEY]));
}

function validateMetadata(metadata) {
  const { version, condition, input_channels, image_size, output_size } = metadata;
  const { image_width = image_size, image_height = image_size } = metadata;
  const { output_width = output_size, output_height = output_size } = metadata;
  if (version > KNOWN_VERSION || !CONDITIONS.includes(condition)) {
    throw new UserError(
      "This model is from a later version of colab_pix2pix.",
      "Use the page that was exported with it.",
    );
  }
  const sides = { image_width, image_height, output_width, output_height };
  const isKnown = Object.values(sides).every((side) => side > 0);
  if (!isKnown || (input_channels !== 1 && input_channels !== 3)) {
    throw new UserError("This model does not say how large its pictures are.", "Export it again.");
  }
  return { name: "", blur_factor: 1, masks: {}, dropout: 0.5, ...metadata, ...sides };
}

/** @returns {Object<string, string>|null} The string pairs of a model; null if it is none. */
function readMetadataProps(bytes) {
  const props = {};
  let graphs = 0;
  try {
    for (const [field, value] of protobufFields(bytes)) {
      if (field === GRAPH && value.length > 0) graphs += 1;
      if (field !== METADATA_PROPS) continue;
      const pair = Object.fromEntries(protobufFields(value));
      props[decodeUtf8(pair[KEY])] = decodeUtf8(pair[VALUE]);
    }
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    return null;
  }
  return graphs === 1 ? props : null;
}

/** Yields number and value of each field; those with a length as bytes, fixed ones are passed over. */
function* protobufFields(bytes) {
  let offset = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      if (offset >= bytes.length || shift > 2 ** 63) throw new RangeError("no protocol buffer");
      const byte = bytes[offset++];
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (offset < bytes.length) {
    const tag = varint();
    const wireType = tag % 8;
    let value;
    if (wireType === VARINT) value = varint();
    else if (wireType === EIGHT_BYTES) offset += 8;
    else if (wireType === FOUR_BYTES) offset += 4;
    else if (wireType === WITH_LENGTH) {
      const length = varint();
      value = bytes.subarray(offset, offset + length);
      offset += length;
    } else throw new RangeError("no protocol buffer");
    if (offset > bytes.length || tag < 8) throw new RangeError("no protocol buffer");
    yield [Math.floor(tag / 8), value];
  }
}

function decodeUtf8(bytes) {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
