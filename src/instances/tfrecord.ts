/** @file TFRecord files (tsl/lib/io/record_writer.h): length, masked checksum of it, data, masked checksum of that. */
import { closeSync, fstatSync, readSync } from "node:fs";
import { openAtomic } from "../util/atomic-file.js";
import { crc32c, maskCrc32c } from "../util/crc32c.js";
import { FRAME_FOOT, FRAME_HEAD } from "../util/record-frame.js";
import { ByteWriter } from "./byte-writer.js";
import { idBytesFor, RecordBuffer } from "./instance-record.js";
import type { InstanceReader, InstanceWidths, RecordSink } from "./instance-sink.js";
import { invalid, openForReading, readExactly } from "./native-file.js";
import { OrderedRecords } from "./ordered-records.js";
import {
  type DecodedExample,
  decodeExample,
  FEATURES,
  type FeatureName,
  instanceOfExample,
} from "./tf-example.js";

const SCAN_BYTES = 1 << 20;

export async function createTfRecordFile(path: string, widths: InstanceWidths): Promise<RecordSink> {
  const file = await openAtomic(path);
  const writer = new ByteWriter(file);
  const idBytes = idBytesFor(widths.vocabularySize);
  const buffer = new RecordBuffer(idBytes, widths.maxLength, widths.maxPredictions);
  let single: OrderedRecords | null = null;
  return {
    write(instance) {
      single ??= new OrderedRecords(idBytes, widths, buffer.bytes.length, 1);
      buffer.put(instance);
      single.memory.set(buffer.bytes);
      single.count = 1;
      for (const { bytes } of single.pieces("encode", 0, 1)) writer.put(bytes);
      return writer.flushIfFull();
    },
    async writeOrdered(records, first, step, onPiece) {
      for (const { bytes, lengths } of records.pieces("encode", first, step)) {
        await writer.pass(bytes);
        onPiece(lengths.length);
      }
    },
    async commit() {
      await writer.flush();
      await file.commit();
    },
    discard: () => file.discard(),
  };
}

/**
 * Opens an uncompressed TFRecord file of instances; one pass over the record heads finds every record.
 * @param path the name in error messages, where the file was unpacked from another
 */
export function openTfRecordFile(file: string, path = file): InstanceReader {
  const descriptor = openForReading(file);
  try {
    const offsets = scanRecords(descriptor, path);
    if (offsets.length < 2) throw invalid(path, "has no records");
    const readExample = (index: number): DecodedExample => readRecord(descriptor, path, offsets, index);
    const first = readExample(0);
    const maxLength = first.get("input_ids")?.length ?? 0;
    const maxPredictions = first.get("masked_lm_positions")?.length ?? 0;
    return {
      count: offsets.length - 1,
      maxLength,
      maxPredictions,
      read(index) {
        const example = readExample(index);
        checkWidths(example, path, index, maxLength, maxPredictions);
        return instanceOfExample(example);
      },
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Offsets of the records, and of the end. */
function scanRecords(descriptor: number, path: string): Float64Array {
  const size = fstatSync(descriptor).size;
  let offsets = new Float64Array(1024);
  let count = 0;
  const window = new Uint8Array(SCAN_BYTES);
  let windowStart = 0;
  let windowEnd = 0;
  for (let offset = 0; offset < size; ) {
    if (offset + FRAME_HEAD > size)
      throw invalid(path, `ends inside the head of record ${count} (byte ${offset})`);
    if (offset + FRAME_HEAD > windowEnd) {
      windowStart = offset;
      windowEnd = offset + readSync(descriptor, window, 0, SCAN_BYTES, offset);
    }
    const head = new DataView(window.buffer, offset - windowStart, FRAME_HEAD);
    const sum = maskCrc32c(crc32c(window, offset - windowStart, offset - windowStart + 8));
    if (sum !== head.getUint32(8, true))
      throw invalid(path, `has a damaged head at record ${count} (bytes ${offset} to ${offset + 11})`);
    const end = offset + FRAME_HEAD + Number(head.getBigUint64(0, true)) + FRAME_FOOT;
    if (end > size)
      throw invalid(path, `ends at byte ${size}, inside record ${count} (bytes ${offset} to ${end - 1})`);
    if (count + 2 > offsets.length) {
      const larger = new Float64Array(offsets.length * 2);
      larger.set(offsets);
      offsets = larger;
    }
    offsets[count++] = offset;
    offset = end;
    offsets[count] = end;
  }
  return offsets.slice(0, count + 1);
}

function readRecord(descriptor: number, path: string, offsets: Float64Array, index: number): DecodedExample {
  const start = offsets[index]!;
  const end = offsets[index + 1]!;
  const bytes = readExactly(descriptor, path, start, end - start, `record ${index}`);
  const dataEnd = bytes.length - FRAME_FOOT;
  const sum = new DataView(bytes.buffer).getUint32(dataEnd, true);
  if (maskCrc32c(crc32c(bytes, FRAME_HEAD, dataEnd)) !== sum)
    throw invalid(path, `is damaged in record ${index} (bytes ${start} to ${end - 1})`);
  try {
    return decodeExample(bytes.subarray(FRAME_HEAD, dataEnd));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid(path, `holds no tf.train.Example in record ${index} (byte ${start}): ${error.message}`);
  }
}

function checkWidths(
  example: DecodedExample,
  path: string,
  index: number,
  maxLength: number,
  maxPredictions: number,
): void {
  const expected = (name: FeatureName): number =>
    name === "next_sentence_labels" ? 1 : name.startsWith("masked_lm") ? maxPredictions : maxLength;
  for (const name of FEATURES) {
    const found = example.get(name)?.length;
    if (found === undefined) throw invalid(path, `has no feature ${name} in record ${index}`);
    if (found !== expected(name))
      throw invalid(path, `has ${found} values of ${name} in record ${index} instead of ${expected(name)}`);
  }
}
