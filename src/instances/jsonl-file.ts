/** @file Reads instances back from the JSON lines that `instances --to jsonl` and the golden files have: for comparisons, not for large corpora. */
import { closeSync, fstatSync, readSync } from "node:fs";
import type { PretrainingInstance } from "./instance.js";
import type { InstanceReader } from "./instance-sink.js";
import { invalid, openForReading, readExactly } from "./native-file.js";

const LINE_FEED = 10;
const SCAN_BYTES = 1 << 20;
const KEYS = ["input_ids", "segment_ids", "masked_lm_positions", "masked_lm_ids"] as const;

/** Opens a file of JSON lines. The widths are those of its longest line, since lines are not padded. */
export function openJsonLinesFile(path: string): InstanceReader {
  const descriptor = openForReading(path);
  try {
    const lines = findLines(descriptor);
    const read = (index: number): PretrainingInstance => {
      const [start, end] = lines[index]!;
      return parseLine(
        readExactly(descriptor, path, start, end - start, `line ${index + 1}`),
        path,
        index + 1,
      );
    };
    let [maxLength, maxPredictions] = [0, 0];
    for (let index = 0; index < lines.length; index++) {
      const { ids, maskedIds } = read(index);
      maxLength = Math.max(maxLength, ids.length);
      maxPredictions = Math.max(maxPredictions, maskedIds.length);
    }
    return { count: lines.length, maxLength, maxPredictions, read, close: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Byte ranges of the lines that are not empty. */
function findLines(descriptor: number): [start: number, end: number][] {
  const { size } = fstatSync(descriptor);
  const lines: [number, number][] = [];
  const block = new Uint8Array(SCAN_BYTES);
  let start = 0;
  for (let position = 0; position < size; ) {
    const count = readSync(descriptor, block, 0, block.length, position);
    for (let at = block.indexOf(LINE_FEED); at !== -1 && at < count; at = block.indexOf(LINE_FEED, at + 1)) {
      if (position + at > start) lines.push([start, position + at]);
      start = position + at + 1;
    }
    position += count;
  }
  if (start < size) lines.push([start, size]);
  return lines;
}

function parseLine(bytes: Uint8Array, path: string, line: number): PretrainingInstance {
  const refuse = (problem: string): Error => invalid(path, `has a line ${line} that ${problem}`);
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    throw refuse("is not JSON");
  }
  for (const key of KEYS) {
    const list = value?.[key];
    if (!Array.isArray(list) || !list.every((item) => Number.isInteger(item) && item >= 0))
      throw refuse(`has no list of numbers ${key}`);
  }
  const [ids, segments, positions, maskedIds] = KEYS.map((key) => value[key]) as [
    number[],
    number[],
    number[],
    number[],
  ];
  if (segments.length !== ids.length || maskedIds.length !== positions.length)
    throw refuse("has lists of unequal length");
  const label = value["next_sentence_label"];
  if (label !== 0 && label !== 1) throw refuse("has a next_sentence_label that is not 0 or 1");
  return {
    ids: Int32Array.from(ids),
    segmentIds: Uint8Array.from(segments),
    maskedPositions: Int32Array.from(positions),
    maskedIds: Int32Array.from(maskedIds),
    isRandomNext: label === 1,
  };
}
