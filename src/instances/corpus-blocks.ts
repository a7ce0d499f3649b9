/** @file Reads corpus files in blocks of whole lines: bytes split at line feeds alone, strictly UTF-8. */
import { isUtf8 } from "node:buffer";
import { closeSync, openSync, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { ClinicalBertError } from "../errors.js";
import { fileError } from "../util/file-error.js";

const LINE_FEED = 10;
const BLOCK_BYTES = 1 << 20;
/** A longer line is no sentence; the limit keeps memory bounded. */
const MAX_LINE_BYTES = 1 << 26;

/** Whole lines of a file as they lie there; only the last block may lack its final line feed. */
export interface LineBlock {
  readonly path: string;
  /** Good until the next block is asked for. */
  readonly bytes: Uint8Array;
  /** Byte of the file at which the block begins. */
  readonly offset: number;
}

export interface CorpusBlock {
  /** The whole lines of a block. */
  readonly text: string;
  /** Bytes of the file up to the end of this block. */
  readonly bytesRead: number;
}

/** @throws `CORPUS_INVALID` with file, line and byte for text that is not UTF-8 or a line beyond 64 MiB */
export async function* readCorpusBlocks(path: string): AsyncGenerator<CorpusBlock> {
  for await (const block of readLineBlocks(path)) {
    requireUtf8(block);
    const { bytes, offset } = block;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
    yield { text, bytesRead: offset + bytes.length };
  }
}

/** @throws `CORPUS_INVALID` for text that is not UTF-8, with file, line and byte */
export function requireUtf8({ path, bytes, offset }: LineBlock): void {
  if (!isUtf8(bytes)) throw describeBadLine(path, bytes, offset);
}

/** @throws `CORPUS_INVALID` for a line beyond 64 MiB, with file, line and byte */
export async function* readLineBlocks(path: string): AsyncGenerator<LineBlock> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (error) {
    throw fileError(error, path);
  }
  try {
    let buffer = Buffer.allocUnsafe(2 * BLOCK_BYTES);
    let held = 0;
    let offset = 0;
    for (;;) {
      if (held > MAX_LINE_BYTES)
        throw invalid(path, countLines(path, offset) + 1, offset, `is longer than ${MAX_LINE_BYTES} bytes`);
      if (held + BLOCK_BYTES > buffer.length) {
        const larger = Buffer.allocUnsafe(buffer.length * 2);
        buffer.copy(larger, 0, 0, held);
        buffer = larger;
      }
      const { bytesRead } = await handle.read(buffer, held, BLOCK_BYTES, offset + held);
      held += bytesRead;
      const end = bytesRead === 0 ? held : buffer.lastIndexOf(LINE_FEED, held - 1) + 1;
      if (end === 0 && bytesRead > 0) continue;
      if (end > 0) yield { path, bytes: buffer.subarray(0, end), offset };
      if (bytesRead === 0) return;
      offset += end;
      buffer.copy(buffer, 0, end, held);
      held -= end;
    }
  } catch (error) {
    throw fileError(error, path);
  } finally {
    await handle.close();
  }
}

/** Calls `visit` with the range of each line of `text`, line feeds left out. */
export function eachLine(text: string, visit: (from: number, to: number) => void): void {
  for (let from = 0; from < text.length; ) {
    const feed = text.indexOf("\n", from);
    const to = feed === -1 ? text.length : feed;
    visit(from, to);
    from = to + 1;
  }
}

/** Line feeds before the byte `end`, read again: only an error asks for them. */
function countLines(path: string, end: number): number {
  const descriptor = openSync(path, "r");
  try {
    const buffer = Buffer.allocUnsafe(BLOCK_BYTES);
    let count = 0;
    for (let at = 0; at < end; ) {
      const read = readSync(descriptor, buffer, 0, Math.min(buffer.length, end - at), at);
      if (read === 0) break;
      const block = buffer.subarray(0, read);
      for (let feed = block.indexOf(LINE_FEED); feed !== -1; feed = block.indexOf(LINE_FEED, feed + 1))
        count += 1;
      at += read;
    }
    return count;
  } finally {
    closeSync(descriptor);
  }
}

function describeBadLine(path: string, block: Uint8Array, offset: number): ClinicalBertError {
  let line = countLines(path, offset);
  for (let from = 0; ; line++) {
    const feed = block.indexOf(LINE_FEED, from);
    const to = feed === -1 ? block.length : feed;
    if (!isUtf8(block.subarray(from, to)) || feed === -1)
      return invalid(path, line + 1, offset + from, "is not valid UTF-8");
    from = to + 1;
  }
}

function invalid(path: string, line: number, byte: number, problem: string): ClinicalBertError {
  return new ClinicalBertError("CORPUS_INVALID", `Line ${line} of ${path} (byte ${byte}) ${problem}.`, {
    details: { path, line, byte },
  });
}
