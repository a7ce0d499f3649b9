/** @file `tf.train.Example` of an instance, read from anybody's bytes (create_pretraining_data.py:98–151); `kernel/example-code.ts` writes them. */
import { readProtoFields, readVarint } from "../util/protobuf.js";
import type { PretrainingInstance } from "./instance.js";
import { segmentIdsOf } from "./segment-ids.js";

const INT_FEATURES = [
  "input_ids",
  "input_mask",
  "segment_ids",
  "masked_lm_positions",
  "masked_lm_ids",
  "next_sentence_labels",
] as const;
export const FEATURES = [...INT_FEATURES.slice(0, 5), "masked_lm_weights", INT_FEATURES[5]] as const;
export type FeatureName = (typeof FEATURES)[number];

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
