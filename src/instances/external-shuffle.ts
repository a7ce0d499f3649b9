/** @file Puts spilled records into a given order with sequential reading and writing only: first into buckets, then each bucket in memory. */
import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { openAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";
import { ByteWriter } from "./byte-writer.js";
import type { RecordOutput } from "./instance-outputs.js";
import type { InstanceWidths } from "./instance-sink.js";
import { OrderedRecords, type RecordSource } from "./ordered-records.js";
import {
  type IdBytes,
  idBytesFor,
  RECORD_HEADER_BYTES,
  recordBytes,
  recordLength,
} from "./instance-record.js";

/** Buckets are not quite equal: this much of the memory is what one may have on the average. */
const BUCKET_SHARE = 0.9;
const READ_BYTES = 1 << 20;
/** A bucket's record is led by its place in the bucket. */
const PLACE_BYTES = 4;

export interface Shuffle {
  /** order[k]: number of the record that comes out in place k. */
  readonly order: Uint32Array;
  readonly output: RecordOutput;
  readonly signal?: AbortSignal;
  readonly onProgress?: (records: number) => void;
}

export interface ExternalShuffle extends Shuffle {
  readonly widths: InstanceWidths;
  /** Spill files in the order in which their records were made. */
  readonly spills: readonly string[];
  /** Where buckets are kept meanwhile. */
  readonly folder: string;
  /** Bytes of records in memory; 336 MiB if they are many. */
  readonly memory?: number;
}

interface HeldShuffle extends ExternalShuffle {
  readonly idBytes: IdBytes;
  /** The memory that the records, or those of one bucket, are held in. */
  readonly records: OrderedRecords;
}

/** More records than this go through buckets. */
const RECORDS_BYTES = 336 << 20;
/** `[CLS]`, two tokens, two `[SEP]`, one of them masked. */
const LEAST_TOKENS = 5;

/** Writes the records that lie in the first `bytes` of the memory. */
async function writeShuffled(shuffle: HeldShuffle, bytes: number): Promise<void> {
  const { order, records, idBytes } = shuffle;
  const made = new Uint32Array(order.length);
  for (let number = 0, at = 0; at < bytes; number++) {
    made[number] = at;
    at += recordLength(records.memory, at, idBytes);
  }
  for (let place = 0; place < order.length; place++) records.offsets[place] = made[order[place]!]!;
  records.count = order.length;
  await writeRecords(records, 0, shuffle);
}

export async function shuffleRecords(external: ExternalShuffle): Promise<void> {
  const { spills, order, widths } = external;
  let bytes = 0;
  for (const spill of spills) bytes += (await stat(spill)).size;
  const idBytes = idBytesFor(widths.vocabularySize);
  const room = Math.min(external.memory ?? RECORDS_BYTES, bytes);
  const places = Math.ceil(room / recordBytes(LEAST_TOKENS, 1, idBytes));
  const records = new OrderedRecords(idBytes, widths, room, places);
  const shuffle: HeldShuffle = { ...external, idBytes, records };
  if (bytes <= room) {
    let end = 0;
    for (const spill of spills) end += await readInto(records.memory.subarray(end), spill);
    return writeShuffled(shuffle, end);
  }
  const place = invert(order);
  const mean = BUCKET_SHARE * room;
  let buckets = Math.ceil((bytes + PLACE_BYTES * order.length) / mean);
  while (!(await throughBuckets(shuffle, place, buckets))) buckets *= 2;
}

/** False when a bucket is larger than the memory. */
async function throughBuckets(shuffle: HeldShuffle, place: Uint32Array, buckets: number): Promise<boolean> {
  const { spills, records, idBytes, folder } = shuffle;
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
  for (const path of paths) if ((await stat(path)).size > records.memory.length) return false;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const first = bucket * perBucket;
    const count = Math.min(place.length, first + perBucket) - first;
    await loadBucket(paths[bucket]!, records, count, idBytes);
    await writeRecords(records, first, shuffle);
    await rm(paths[bucket]!);
  }
  return true;
}

/** Reads the file of a bucket, whose `count` records are led by their places. */
async function loadBucket(
  path: string,
  records: OrderedRecords,
  count: number,
  idBytes: IdBytes,
): Promise<void> {
  const { memory, offsets } = records;
  const end = await readInto(memory, path);
  const places = new DataView(memory.buffer, memory.byteOffset, end);
  for (let at = 0; at < end; ) {
    const record = at + PLACE_BYTES;
    offsets[places.getUint32(at, true)] = record;
    at = record + recordLength(memory, record, idBytes);
  }
  records.count = count;
}

/** Writes `records`, the first of which comes out in place `before` of the whole. */
export async function writeRecords(
  records: RecordSource,
  before: number,
  { output, signal, onProgress }: Shuffle,
): Promise<void> {
  let done = before;
  await output.write(records, before, (written) => {
    throwIfAborted(signal);
    done += written;
    onProgress?.(done);
  });
}

/** Reads a whole file to the beginning of `memory`; gives its size. */
async function readInto(memory: Uint8Array, path: string): Promise<number> {
  const handle = await openSpill(path);
  try {
    for (let end = 0; ; ) {
      const { bytesRead } = await handle.read(memory, end, Math.min(READ_BYTES, memory.length - end));
      if (bytesRead === 0) return end;
      end += bytesRead;
    }
  } finally {
    await handle.close();
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
