/** @file Puts spilled records into a given order with sequential reading and writing only: first into buckets, then each bucket in memory. */
import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { openAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";
import { ByteWriter } from "./byte-writer.js";
import type { RecordOutput } from "./instance-outputs.js";
import type { InstanceWidths } from "./instance-sink.js";
import { OrderedRecords } from "./ordered-records.js";
import { type IdBytes, RECORD_HEADER_BYTES, recordLength } from "./instance-record.js";

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
  readonly widths: InstanceWidths;
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
  if (buckets > 1) return throughBuckets(shuffle, invert(order), buckets);
  const records = new OrderedRecords(idBytes, shuffle.widths, bytes, order.length);
  const made = new Uint32Array(order.length);
  await loadRecords(spills, records.memory, 0, idBytes, (number, at) => {
    made[number] = at;
  });
  for (let place = 0; place < order.length; place++) records.offsets[place] = made[order[place]!]!;
  records.count = order.length;
  await writeRecords(records, 0, shuffle);
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
    for await (const { bytes, starts, count } of readRecords(spills, idBytes)) {
      throwIfAborted(shuffle.signal);
      for (let index = 0; index < count; index++) {
        const target = place[number++]!;
        const bucket = Math.floor(target / perBucket);
        const writer = writers[bucket]!;
        const within = target - bucket * perBucket;
        writer.reserve(PLACE_BYTES);
        for (let byte = 0; byte < PLACE_BYTES; byte++) writer.bytes[writer.length++] = within >>> (8 * byte);
        writer.put(bytes.subarray(starts[index]!, starts[index + 1]!));
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
  // One memory for all buckets: a fresh one for each would wait for the garbage collector in twos and threes.
  const records = new OrderedRecords(idBytes, shuffle.widths, largest, perBucket);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const first = bucket * perBucket;
    const { memory, offsets } = records;
    await loadRecords([paths[bucket]!], memory, PLACE_BYTES, idBytes, (_, at) => {
      const within =
        (memory[at - 4]! | (memory[at - 3]! << 8) | (memory[at - 2]! << 16) | (memory[at - 1]! << 24)) >>> 0;
      offsets[within] = at;
    });
    records.count = Math.min(place.length, first + perBucket) - first;
    await writeRecords(records, first, shuffle);
    await rm(paths[bucket]!);
  }
}

async function writeRecords(
  records: OrderedRecords,
  before: number,
  { output, signal, onProgress }: ExternalShuffle,
): Promise<void> {
  let done = before;
  await output.write(records, before, (written) => {
    throwIfAborted(signal);
    done += written;
    onProgress?.(done);
  });
}

/** Reads whole files into `memory`, one after the other, and shows where each record, led by `lead` bytes more, begins in it. */
async function loadRecords(
  paths: readonly string[],
  memory: Uint8Array,
  lead: number,
  idBytes: IdBytes,
  visit: (number: number, at: number) => void,
): Promise<void> {
  let number = 0;
  let at = 0;
  let end = 0;
  for (const path of paths) {
    const handle = await openSpill(path);
    try {
      for (;;) {
        const { bytesRead } = await handle.read(memory, end, Math.min(READ_BYTES, memory.length - end));
        if (bytesRead === 0) break;
        end += bytesRead;
        while (at + lead + RECORD_HEADER_BYTES <= end) {
          const next = at + lead + recordLength(memory, at + lead, idBytes);
          if (next > end) break;
          visit(number++, at + lead);
          at = next;
        }
      }
    } finally {
      await handle.close();
    }
  }
}

async function openSpill(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    throw fileError(error, path);
  }
}

/** place[record] from order[place]. */
function invert(order: Uint32Array): Uint32Array {
  const place = new Uint32Array(order.length);
  for (let index = 0; index < order.length; index++) place[order[index]!] = index;
  return place;
}

interface RecordBlock {
  /** Good until the next block. */
  readonly bytes: Uint8Array;
  /** Record k of `count` lies in `[starts[k], starts[k + 1])`. */
  readonly starts: Int32Array;
  readonly count: number;
}

/** Whole records of `paths` one after another. */
async function* readRecords(paths: readonly string[], idBytes: IdBytes): AsyncGenerator<RecordBlock> {
  const bytes = new Uint8Array(2 * READ_BYTES);
  const starts = new Int32Array(bytes.length / RECORD_HEADER_BYTES + 1);
  for (const path of paths) {
    const handle = await openSpill(path);
    try {
      for (let held = 0; ; ) {
        const { bytesRead } = await handle.read(bytes, held, READ_BYTES);
        if (bytesRead === 0) break;
        held += bytesRead;
        let at = 0;
        let count = 0;
        while (at + RECORD_HEADER_BYTES <= held) {
          const end = at + recordLength(bytes, at, idBytes);
          if (end > held) break;
          starts[count++] = at;
          at = end;
        }
        starts[count] = at;
        yield { bytes, starts, count };
        bytes.copyWithin(0, at, held);
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
