/** @file Puts spilled records into a given order with sequential reading and writing only: first into buckets, then each bucket in memory. */
import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { openAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";
import { ByteWriter } from "./byte-writer.js";
import type { RecordOutput } from "./instance-outputs.js";
import { type IdBytes, RECORD_HEADER_BYTES, recordBytes } from "./instance-record.js";

/** Memory for the records of one bucket and the two orders of all records together; a bucket has at least the second number. */
const MEMORY_BYTES = 512 << 20;
const LEAST_BUCKET_BYTES = 96 << 20;
const ORDER_BYTES = 8;
const READ_BYTES = 1 << 20;
/** A bucket's record is led by its place in the bucket. */
const PLACE_BYTES = 4;

export interface ExternalShuffle {
  /** Spill files in the order in which their records were made. */
  readonly spills: readonly string[];
  /** order[k]: number of the record that comes out in place k. Overwritten. */
  readonly order: Uint32Array;
  readonly idBytes: IdBytes;
  /** Where buckets are kept meanwhile. */
  readonly folder: string;
  readonly output: RecordOutput;
  readonly signal?: AbortSignal;
  readonly onProgress?: (records: number) => void;
  readonly bucketBytes?: number;
}

export async function shuffleRecords(shuffle: ExternalShuffle): Promise<void> {
  const { spills, order, idBytes } = shuffle;
  let bytes = 0;
  for (const spill of spills) bytes += (await stat(spill)).size;
  const buckets = Math.max(1, Math.ceil(bytes / (shuffle.bucketBytes ?? bucketBytesFor(order.length))));
  const place = invert(order);
  if (buckets === 1) {
    const memory = new Uint8Array(bytes);
    const offsets = new Float64Array(place.length + 1);
    let number = 0;
    let end = 0;
    for await (const block of readRecords(spills, 0, idBytes))
      for (const [from, to] of block.ranges) {
        memory.set(block.bytes.subarray(from, to), end);
        offsets[place[number++]!] = end;
        end += to - from;
      }
    await writeInOrder(memory, offsets.subarray(0, place.length), shuffle, 0);
    return;
  }
  await throughBuckets(shuffle, place, buckets);
}

function bucketBytesFor(records: number): number {
  return Math.max(LEAST_BUCKET_BYTES, MEMORY_BYTES - ORDER_BYTES * records);
}

async function throughBuckets(shuffle: ExternalShuffle, place: Uint32Array, buckets: number): Promise<void> {
  const { spills, idBytes, folder } = shuffle;
  const perBucket = Math.ceil(place.length / buckets);
  const paths = Array.from({ length: buckets }, (_, bucket) => join(folder, `bucket-${bucket}.bin`));
  const files = [];
  for (const path of paths) files.push(await openAtomic(path));
  try {
    const writers = files.map((file) => new ByteWriter(file));
    let number = 0;
    for await (const block of readRecords(spills, 0, idBytes)) {
      throwIfAborted(shuffle.signal);
      for (const [from, to] of block.ranges) {
        const target = place[number++]!;
        const bucket = Math.floor(target / perBucket);
        const writer = writers[bucket]!;
        const within = target - bucket * perBucket;
        writer.reserve(PLACE_BYTES + to - from);
        for (let byte = 0; byte < PLACE_BYTES; byte++) writer.bytes[writer.length++] = within >>> (8 * byte);
        writer.put(block.bytes.subarray(from, to));
        const full = writer.flushIfFull();
        if (full !== undefined) await full;
      }
    }
    for (const writer of writers) await writer.flush();
    for (const file of files) await file.commit();
  } catch (error) {
    for (const file of files) await file.discard();
    throw error;
  }
  let largest = 0;
  for (const path of paths) largest = Math.max(largest, (await stat(path)).size);
  // One buffer for all buckets: a fresh one for each would wait for the garbage collector in twos and threes.
  const memory = new Uint8Array(largest);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const first = bucket * perBucket;
    const count = Math.min(place.length, first + perBucket) - first;
    await writeBucket(paths[bucket]!, memory, count, first, shuffle);
    await rm(paths[bucket]!);
  }
}

async function writeBucket(
  path: string,
  memory: Uint8Array,
  count: number,
  first: number,
  shuffle: ExternalShuffle,
): Promise<void> {
  const offsets = new Float64Array(count);
  let end = 0;
  for await (const block of readRecords([path], PLACE_BYTES, shuffle.idBytes))
    for (const [from, to] of block.ranges) {
      const { bytes } = block;
      const within =
        (bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16) | (bytes[from + 3]! << 24)) >>> 0;
      memory.set(bytes.subarray(from + PLACE_BYTES, to), end);
      offsets[within] = end;
      end += to - from - PLACE_BYTES;
    }
  await writeInOrder(memory, offsets, shuffle, first);
}

async function writeInOrder(
  memory: Uint8Array,
  offsets: Float64Array,
  shuffle: ExternalShuffle,
  before: number,
): Promise<void> {
  const { output, idBytes } = shuffle;
  for (let place = 0; place < offsets.length; place++) {
    const at = offsets[place]!;
    const full = output.write(memory.subarray(at, at + recordLength(memory, at, idBytes)));
    if (full === undefined) continue;
    await full;
    throwIfAborted(shuffle.signal);
    shuffle.onProgress?.(before + place + 1);
  }
}

/** place[record] from order[place]. */
function invert(order: Uint32Array): Uint32Array {
  const place = new Uint32Array(order.length);
  for (let index = 0; index < order.length; index++) place[order[index]!] = index;
  return place;
}

function recordLength(bytes: Uint8Array, at: number, idBytes: IdBytes): number {
  const length = bytes[at + 4]! | (bytes[at + 5]! << 8);
  const predictions = bytes[at + 8]! | (bytes[at + 9]! << 8);
  return recordBytes(length, predictions, idBytes);
}

interface RecordBlock {
  /** Good until the next block. */
  readonly bytes: Uint8Array;
  readonly ranges: readonly (readonly [from: number, to: number])[];
}

/** Whole records of `paths` one after another; each is led by `lead` bytes more. */
async function* readRecords(
  paths: readonly string[],
  lead: number,
  idBytes: IdBytes,
): AsyncGenerator<RecordBlock> {
  const buffer = new Uint8Array(2 * READ_BYTES);
  for (const path of paths) {
    let handle: FileHandle;
    try {
      handle = await open(path, "r");
    } catch (error) {
      throw fileError(error, path);
    }
    try {
      let held = 0;
      for (;;) {
        const { bytesRead } = await handle.read(buffer, held, READ_BYTES);
        if (bytesRead === 0) break;
        held += bytesRead;
        const ranges: [number, number][] = [];
        let at = 0;
        while (at + lead + RECORD_HEADER_BYTES <= held) {
          const end = at + lead + recordLength(buffer, at + lead, idBytes);
          if (end > held) break;
          ranges.push([at, end]);
          at = end;
        }
        yield { bytes: buffer, ranges };
        buffer.copyWithin(0, at, held);
        held -= at;
      }
    } finally {
      await handle.close();
    }
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw signal.reason;
}
