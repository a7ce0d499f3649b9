/** @file `tf.train.Example` of an instance: written in one pass, read from anybody's bytes (create_pretraining_data.py:98–151). */
import { internalError } from "../errors.js";
import { bytesOf, readProtoFields, readVarint } from "../util/protobuf.js";
import type { PretrainingInstance } from "./instance.js";
import type { IdArray, RecordParts } from "./instance-record.js";
import type { InstanceWidths } from "./instance-sink.js";
import { segmentIdsOf } from "./segment-ids.js";

const INT_FEATURES = [
  "input_ids",
  "input_mask",
  "segment_ids",
  "masked_lm_positions",
  "masked_lm_ids",
  "next_sentence_labels",
] as const;
const WEIGHTS = "masked_lm_weights";
export const FEATURES = [...INT_FEATURES.slice(0, 5), WEIGHTS, INT_FEATURES[5]] as const;
export type FeatureName = (typeof FEATURES)[number];

/** Field numbers with the wire type "bytes" (2) of example.proto and feature.proto. */
const FIELD_1 = 0x0a;
const FIELD_2 = 0x12;
const FIELD_3 = 0x1a;

const INTEGERS = FIELD_3;
const FLOATS = FIELD_2;

/** Writes examples into a buffer of its own; `bytes[0, length)` is the last. */
export class TfExampleEncoder {
  readonly bytes: Uint8Array;
  length = 0;
  readonly #widths: InstanceWidths;
  readonly #names: Readonly<Record<FeatureName, Uint8Array>>;
  /** The varint of each number that an instance may hold: up to three bytes, their count above them. */
  readonly #varints: Uint32Array;
  /** As many float32 ones as there may be predictions, then as many zeros. */
  readonly #weights: Uint8Array;

  constructor(widths: InstanceWidths) {
    this.#widths = widths;
    // Three bytes a varint and four a float are the most; names and lengths take less than 512 bytes.
    this.bytes = new Uint8Array(512 + widths.maxLength * 5 + widths.maxPredictions * 10);
    const encoder = new TextEncoder();
    this.#names = Object.fromEntries(FEATURES.map((name) => [name, encoder.encode(name)])) as Record<
      FeatureName,
      Uint8Array
    >;
    this.#weights = bytesOf(new Float32Array(2 * widths.maxPredictions).fill(1, 0, widths.maxPredictions));
    const numbers = Math.max(widths.vocabularySize, widths.maxLength);
    if (numbers > MOST_IN_THREE_BYTES)
      throw internalError(`ids up to ${numbers} do not fit three bytes of a varint`);
    this.#varints = Uint32Array.from({ length: numbers }, (_, value) => varintOf(value));
  }

  encode(parts: RecordParts): void {
    const { maxLength, maxPredictions } = this.#widths;
    const { ids, length, firstLength, positions, labels, count, isRandomNext } = parts;
    // The outer length is known last: the body is written behind room for the longest head, which then ends at the body.
    const body = 8;
    this.length = body;
    this.#putInts("input_ids", ids, length, maxLength);
    this.#putBits("input_mask", 0, length, maxLength);
    this.#putBits("segment_ids", firstLength, length, maxLength);
    this.#putInts("masked_lm_positions", positions, count, maxPredictions);
    this.#putInts("masked_lm_ids", labels, count, maxPredictions);
    this.#putWeights(count, maxPredictions);
    this.#putBits("next_sentence_labels", 0, isRandomNext ? 1 : 0, 1);
    const bodyLength = this.length - body;
    const head = 1 + varintBytes(bodyLength);
    this.bytes.copyWithin(head, body, this.length);
    this.length = 0;
    this.#putTag(FIELD_1, bodyLength);
    this.length = head + bodyLength;
  }

  /** Padded with zeros to `width`. */
  #putInts(name: FeatureName, values: IdArray, present: number, width: number): void {
    const { bytes } = this;
    const varints = this.#varints;
    let packed = width - present;
    for (let index = 0; index < present; index++) packed += varints[values[index]!]! >>> COUNT_BITS;
    this.#putFeatureHead(name, INTEGERS, packed);
    let at = this.length;
    for (let index = 0; index < present; index++) {
      // All three bytes, whatever their number: what is too many is overwritten, and no branch depends on a number.
      const varint = varints[values[index]!]!;
      bytes[at] = varint;
      bytes[at + 1] = varint >>> 8;
      bytes[at + 2] = varint >>> 16;
      at += varint >>> COUNT_BITS;
    }
    this.length = at + width - present;
    bytes.fill(0, at, this.length);
  }

  /** Zeros, with ones in `[from, to)`: each is a varint of one byte. */
  #putBits(name: FeatureName, from: number, to: number, width: number): void {
    this.#putFeatureHead(name, INTEGERS, width);
    this.bytes.fill(0, this.length, this.length + width).fill(1, this.length + from, this.length + to);
    this.length += width;
  }

  #putWeights(present: number, width: number): void {
    this.#putFeatureHead(WEIGHTS, FLOATS, width * 4);
    const from = 4 * (width - present);
    this.bytes.set(this.#weights.subarray(from, from + 4 * width), this.length);
    this.length += 4 * width;
  }

  /** map entry { key, Feature { list { packed values } } }: the three nested lengths follow from the innermost. */
  #putFeatureHead(name: FeatureName, listField: number, packed: number): void {
    const key = this.#names[name];
    const list = 1 + varintBytes(packed) + packed;
    const feature = 1 + varintBytes(list) + list;
    const entry = 2 + key.length + 1 + varintBytes(feature) + feature;
    this.#putTag(FIELD_1, entry);
    this.#putTag(FIELD_1, key.length);
    this.bytes.set(key, this.length);
    this.length += key.length;
    this.#putTag(FIELD_2, feature);
    this.#putTag(listField, list);
    this.#putTag(FIELD_1, packed);
  }

  #putTag(tag: number, length: number): void {
    this.bytes[this.length++] = tag;
    let rest = length;
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }
}

const COUNT_BITS = 24;
const MOST_IN_THREE_BYTES = 1 << 21;

/** The bytes of a varint below 2^21, the first one lowest, and their count in the upper byte. */
function varintOf(value: number): number {
  const count = varintBytes(value);
  let bytes = 0;
  for (let index = 0; index < count; index++)
    bytes |= (((value >>> (7 * index)) & 127) | (index < count - 1 ? 128 : 0)) << (8 * index);
  return bytes | (count << COUNT_BITS);
}

function varintBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
}

/** The features of an example by name; numbers of either kind of list. */
export type DecodedExample = ReadonlyMap<string, Float64Array>;

/**
 * Reads `tf.train.Example` bytes: packed or unpacked lists, features in any order, unknown ones too.
 * @throws `RangeError` where the bytes are no message (see `readProtoFields`)
 */
export function decodeExample(bytes: Uint8Array): DecodedExample {
  const features = new Map<string, Float64Array>();
  const decoder = new TextDecoder();
  for (const example of readProtoFields(bytes)) {
    if (example.field !== 1 || example.wire !== "bytes") continue;
    for (const entry of readProtoFields(example.value)) {
      if (entry.field !== 1 || entry.wire !== "bytes") continue;
      let name = "";
      let values = new Float64Array(0);
      for (const part of readProtoFields(entry.value)) {
        if (part.wire !== "bytes") continue;
        if (part.field === 1) name = decoder.decode(part.value);
        if (part.field === 2) values = decodeFeature(part.value);
      }
      features.set(name, values);
    }
  }
  return features;
}

function decodeFeature(bytes: Uint8Array): Float64Array<ArrayBuffer> {
  const values: number[] = [];
  for (const list of readProtoFields(bytes)) {
    if (list.wire !== "bytes" || (list.field !== 2 && list.field !== 3)) continue;
    for (const item of readProtoFields(list.value)) {
      if (item.field !== 1) continue;
      if (item.wire === "varint") values.push(Number(BigInt.asIntN(64, item.value)));
      else if (list.field === 3 && item.wire === "bytes") pushVarints(item.value, values);
      else pushFloats(item.value, values);
    }
  }
  return Float64Array.from(values);
}

function pushVarints(bytes: Uint8Array, values: number[]): void {
  const cursor = { at: 0 };
  while (cursor.at < bytes.length) {
    // One to three bytes hold every id of a vocabulary; the general reader takes the rest.
    const first = bytes[cursor.at]!;
    const second = bytes[cursor.at + 1] ?? 128;
    if (first < 128) {
      values.push(first);
      cursor.at += 1;
    } else if (second < 128) {
      values.push((first & 127) | (second << 7));
      cursor.at += 2;
    } else values.push(Number(BigInt.asIntN(64, readVarint(bytes, cursor))));
  }
}

function pushFloats(bytes: Uint8Array, values: number[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length % 4 !== 0) throw new RangeError(`a list of floats has ${bytes.length} bytes`);
  for (let at = 0; at < bytes.length; at += 4) values.push(view.getFloat32(at, true));
}

/** The instance in an example: padding is what `input_mask` and `masked_lm_weights` say it is. Widths must have been checked. */
export function instanceOfExample(example: DecodedExample): PretrainingInstance {
  const row = (name: FeatureName): Float64Array => example.get(name) ?? new Float64Array(0);
  const length = countLeading(row("input_mask"));
  const predictions = countLeading(row("masked_lm_weights"));
  const segments = row("segment_ids");
  const boundary = segments.subarray(0, length).indexOf(1);
  return {
    ids: Int32Array.from(row("input_ids").subarray(0, length)),
    segmentIds: segmentIdsOf(length, boundary === -1 ? length : boundary),
    maskedPositions: Int32Array.from(row("masked_lm_positions").subarray(0, predictions)),
    maskedIds: Int32Array.from(row("masked_lm_ids").subarray(0, predictions)),
    isRandomNext: row("next_sentence_labels")[0] === 1,
  };
}

function countLeading(mask: Float64Array): number {
  const end = mask.indexOf(0);
  return end === -1 ? mask.length : end;
}
