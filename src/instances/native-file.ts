/** @file The compact native format: records of any length with an index behind them, read by position (docs/formats.md). */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { ClinicalBertError, internalError } from "../errors.js";
import { openAtomic } from "../util/atomic-file.js";
import { crc32c } from "../util/crc32c.js";
import { fileError } from "../util/file-error.js";
import { ByteWriter } from "./byte-writer.js";
import type { PretrainingInstance } from "./instance.js";
import { decodeRecord, type IdBytes, idBytesFor, RecordBuffer } from "./instance-record.js";
import type { InstanceReader, InstanceWidths, RecordSink } from "./instance-sink.js";

export const NATIVE_MAGIC = "CBERTINS";
const VERSION = 1;
const HEADER_BYTES = 64;
const INDEX_ENTRY_BYTES = 8;
/** Entries of the index that the reader holds at a time. */
const INDEX_PAGE = 4096;
/** Bytes of the index that are checked at a time. */
const INDEX_CHECK_BYTES = 1 << 20;

export async function createNativeFile(path: string, widths: InstanceWidths): Promise<RecordSink> {
  const file = await openAtomic(path);
  const writer = new ByteWriter(file);
  const idBytes = idBytesFor(widths.vocabularySize);
  // Record lengths rather than offsets: 4 bytes an instance instead of 8 while the file is written.
  const lengths = new RecordLengths();
  const buffer = new RecordBuffer(idBytes, widths.maxLength, widths.maxPredictions);
  writer.put(new Uint8Array(HEADER_BYTES));
  return {
    write(instance) {
      buffer.put(instance);
      writer.put(buffer.bytes.subarray(0, buffer.length));
      lengths.push(Uint32Array.of(buffer.length));
      return writer.flushIfFull();
    },
    async writeOrdered(records, first, step, onPiece) {
      for (const piece of records.pieces("copy", first, step)) {
        lengths.push(piece.lengths);
        await writer.pass(piece.bytes);
        onPiece(piece.lengths.length);
      }
    },
    async commit() {
      const indexOffset = writer.position;
      let offset = HEADER_BYTES;
      let crc = 0;
      // Lower and upper half of each offset: bigints would be an object each.
      const page = new Uint32Array(2 * INDEX_PAGE);
      for (let index = 0; index <= lengths.count; ) {
        let entries = 0;
        for (; entries < INDEX_PAGE && index <= lengths.count; index++) {
          page[2 * entries] = offset;
          page[2 * entries + 1] = Math.floor(offset / 2 ** 32);
          entries += 1;
          if (index < lengths.count) offset += lengths.at(index);
        }
        const bytes = new Uint8Array(page.buffer, 0, entries * INDEX_ENTRY_BYTES);
        crc = crc32c(bytes, 0, bytes.length, crc);
        writer.put(bytes);
        await writer.flushIfFull();
      }
      await writer.flush();
      await file.writeAt(encodeHeader(widths, idBytes, lengths.count, indexOffset, crc), 0);
      await file.commit();
    },
    discard: () => file.discard(),
  };
}

class RecordLengths {
  #lengths = new Uint32Array(1 << 12);
  count = 0;

  push(more: Uint32Array): void {
    if (this.count + more.length > this.#lengths.length) {
      const larger = new Uint32Array(Math.max(this.#lengths.length * 2, this.count + more.length));
      larger.set(this.#lengths);
      this.#lengths = larger;
    }
    this.#lengths.set(more, this.count);
    this.count += more.length;
  }

  at(index: number): number {
    return this.#lengths[index]!;
  }
}

function encodeHeader(
  widths: InstanceWidths,
  idBytes: IdBytes,
  count: number,
  indexOffset: number,
  indexCrc: number,
): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < NATIVE_MAGIC.length; at++) bytes[at] = NATIVE_MAGIC.charCodeAt(at);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, idBytes, true);
  view.setUint32(16, widths.maxLength, true);
  view.setUint32(20, widths.maxPredictions, true);
  view.setUint32(24, widths.vocabularySize, true);
  view.setUint32(28, indexCrc, true);
  view.setBigUint64(32, BigInt(count), true);
  view.setBigUint64(40, BigInt(indexOffset), true);
  view.setUint32(HEADER_BYTES - 4, crc32c(bytes, 0, HEADER_BYTES - 4), true);
  return bytes;
}

/** @throws `INSTANCE_FILE_INVALID` when the file is cut off, damaged, or of a later version */
export function openNativeFile(path: string): InstanceReader & { readonly vocabularySize: number } {
  const descriptor = openForReading(path);
  try {
    const header = readExactly(descriptor, path, 0, HEADER_BYTES, "the header");
    const view = new DataView(header.buffer, header.byteOffset, HEADER_BYTES);
    if (crc32c(header, 0, HEADER_BYTES - 4) !== view.getUint32(HEADER_BYTES - 4, true))
      throw invalid(path, "has a damaged header (bytes 0 to 63)");
    const version = view.getUint32(8, true);
    if (version !== VERSION)
      throw invalid(path, `has version ${version}; this program reads version ${VERSION}`);
    const idBytes = view.getUint32(12, true) as IdBytes;
    const count = Number(view.getBigUint64(32, true));
    const indexOffset = Number(view.getBigUint64(40, true));
    const wanted = indexOffset + (count + 1) * INDEX_ENTRY_BYTES;
    const size = fstatSync(descriptor).size;
    if (size !== wanted) throw invalid(path, `has ${size} bytes instead of ${wanted}`);
    if (indexChecksum(descriptor, path, indexOffset, size) !== view.getUint32(28, true))
      throw invalid(path, `has a damaged index (bytes ${indexOffset} to ${size - 1})`);
    let page: BigUint64Array | null = null;
    let pageStart = 0;
    const offsetOf = (index: number): number => {
      if (page === null || index < pageStart || index >= pageStart + page.length) {
        pageStart = index - (index % INDEX_PAGE);
        const entries = Math.min(INDEX_PAGE + 1, count + 1 - pageStart);
        const at = indexOffset + pageStart * INDEX_ENTRY_BYTES;
        const bytes = readExactly(descriptor, path, at, entries * INDEX_ENTRY_BYTES, "the index");
        page = new BigUint64Array(bytes.buffer, bytes.byteOffset, entries);
      }
      return Number(page[index - pageStart]!);
    };
    return {
      count,
      maxLength: view.getUint32(16, true),
      maxPredictions: view.getUint32(20, true),
      vocabularySize: view.getUint32(24, true),
      read(index): PretrainingInstance {
        if (!(index >= 0 && index < count)) throw internalError(`there is no instance ${index} of ${count}`);
        const start = offsetOf(index);
        const end = offsetOf(index + 1);
        if (start < HEADER_BYTES || end < start || end > indexOffset)
          throw invalid(path, `has a damaged index at record ${index}`);
        const bytes = readExactly(descriptor, path, start, end - start, `record ${index}`);
        const instance = decodeRecord(bytes, idBytes);
        if (instance === null)
          throw invalid(path, `is damaged in record ${index} (bytes ${start} to ${end - 1})`);
        return instance;
      },
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function indexChecksum(descriptor: number, path: string, from: number, to: number): number {
  let crc = 0;
  for (let at = from; at < to; at += INDEX_CHECK_BYTES) {
    const bytes = readExactly(descriptor, path, at, Math.min(INDEX_CHECK_BYTES, to - at), "the index");
    crc = crc32c(bytes, 0, bytes.length, crc);
  }
  return crc;
}

export function openForReading(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw fileError(error, path);
  }
}

/** `length` bytes at `position`, in memory of their own. */
export function readExactly(
  descriptor: number,
  path: string,
  position: number,
  length: number,
  what: string,
): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const read = readSync(descriptor, bytes, done, length - done, position + done);
    if (read === 0) throw invalid(path, `ends at byte ${position + done}, inside ${what}`);
    done += read;
  }
  return bytes;
}

export function invalid(path: string, problem: string): ClinicalBertError {
  return new ClinicalBertError("INSTANCE_FILE_INVALID", `${path} ${problem}.`, { details: { path } });
}
