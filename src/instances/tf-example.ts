/** @file `tf.train.Example` of an instance: written in one pass, read from anybody's bytes (create_pretraining_data.py:98–151). */
import { readProtoFields, readVarint } from "../util/protobuf.js";
import type { PretrainingInstance } from "./instance.js";
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

/** Writes examples into a buffer of its own, grown as needed; `bytes[0, length)` is the last. */
export class TfExampleEncoder {
  bytes: Uint8Array;
  length = 0;
  readonly #widths: InstanceWidths;
  readonly #names: Readonly<Record<FeatureName, Uint8Array>>;

  constructor(widths: InstanceWidths) {
    this.#widths = widths;
    // Five bytes a varint and four a float are the most; names and lengths take less than 512 bytes.
    this.bytes = new Uint8Array(512 + widths.maxLength * 7 + widths.maxPredictions * 14);
    const encoder = new TextEncoder();
    this.#names = Object.fromEntries(FEATURES.map((name) => [name, encoder.encode(name)])) as Record<
      FeatureName,
      Uint8Array
    >;
  }

  encode(instance: PretrainingInstance): void {
    const { maxLength, maxPredictions } = this.#widths;
    const { ids, segmentIds, maskedPositions, maskedIds, isRandomNext } = instance;
    // The outer length is known last: the body is written behind room for the longest head, which then ends at the body.
    const body = 8;
    this.length = body;
    this.#putInts("input_ids", ids, ids.length, maxLength);
    this.#putBits("input_mask", 0, ids.length, maxLength);
    const boundary = segmentIds.indexOf(1);
    this.#putBits("segment_ids", boundary === -1 ? ids.length : boundary, ids.length, maxLength);
    this.#putInts("masked_lm_positions", maskedPositions, maskedPositions.length, maxPredictions);
    this.#putInts("masked_lm_ids", maskedIds, maskedIds.length, maxPredictions);
    this.#putWeights(maskedIds.length, maxPredictions);
    this.#putInts("next_sentence_labels", [isRandomNext ? 1 : 0], 1, 1);
    const bodyLength = this.length - body;
    const head = 1 + varintBytes(bodyLength);
    this.bytes.copyWithin(head, body, this.length);
    this.length = 0;
    this.#putTag(FIELD_1, bodyLength);
    this.length = head + bodyLength;
  }

  /** Padded with zeros to `width`. */
  #putInts(name: FeatureName, values: ArrayLike<number>, present: number, width: number): void {
    let packed = width - present;
    for (let index = 0; index < present; index++) packed += varintBytes(values[index]!);
    this.#putFeatureHead(name, FIELD_3, packed);
    const bytes = this.bytes;
    let at = this.length;
    for (let index = 0; index < present; index++) {
      let value = values[index]!;
      while (value > 127) {
        bytes[at++] = (value & 127) | 128;
        value >>>= 7;
      }
      bytes[at++] = value;
    }
    this.length = at + width - present;
    bytes.fill(0, at, this.length);
  }

  /** Zeros, with ones in `[from, to)`: each is a varint of one byte. */
  #putBits(name: FeatureName, from: number, to: number, width: number): void {
    this.#putFeatureHead(name, FIELD_3, width);
    this.bytes.fill(0, this.length, this.length + width).fill(1, this.length + from, this.length + to);
    this.length += width;
  }

  #putWeights(present: number, width: number): void {
    this.#putFeatureHead(WEIGHTS, FIELD_2, width * 4);
    const bytes = this.bytes;
    for (let index = 0; index < width; index++) {
      // 1.0 is 00 00 80 3f.
      bytes[this.length++] = 0;
      bytes[this.length++] = 0;
      bytes[this.length++] = index < present ? 0x80 : 0;
      bytes[this.length++] = index < present ? 0x3f : 0;
    }
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
