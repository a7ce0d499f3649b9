/** @file Reads corpus files in blocks of whole lines: bytes split at line feeds alone, strictly UTF-8. */
import { isUtf8 } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import { ClinicalBertError } from "../errors.js";
import { fileError } from "../util/file-error.js";

const LINE_FEED = 10;
const BLOCK_BYTES = 1 << 20;
/** A longer line is no sentence; the limit keeps memory bounded. */
const MAX_LINE_BYTES = 1 << 26;

export interface CorpusBlock {
  /** Whole lines; only the last block of a file may lack its final line feed. */
  readonly text: string;
  /** Bytes of the file up to the end of this block. */
  readonly bytesRead: number;
}

/** @throws `CORPUS_INVALID` with file, line and byte for text that is not UTF-8 or a line beyond 64 MiB */
export async function* readCorpusBlocks(path: string): AsyncGenerator<CorpusBlock> {
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
    let lines = 0;
    for (;;) {
      if (held > MAX_LINE_BYTES)
        throw invalid(path, lines + 1, offset, `is longer than ${MAX_LINE_BYTES} bytes`);
      if (held + BLOCK_BYTES > buffer.length) {
        const larger = Buffer.allocUnsafe(buffer.length * 2);
        buffer.copy(larger, 0, 0, held);
        buffer = larger;
      }
      const { bytesRead } = await handle.read(buffer, held, BLOCK_BYTES, offset + held);
      held += bytesRead;
      const end = bytesRead === 0 ? held : buffer.lastIndexOf(LINE_FEED, held - 1) + 1;
      if (end === 0 && bytesRead > 0) continue;
      const block = buffer.subarray(0, end);
      if (!isUtf8(block)) throw describeBadLine(path, block, lines, offset);
      offset += end;
      if (end > 0) yield { text: block.toString("utf8"), bytesRead: offset };
      if (bytesRead === 0) return;
      lines += countLines(block);
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

function countLines(block: Uint8Array): number {
  let count = 0;
  for (let at = block.indexOf(LINE_FEED); at !== -1; at = block.indexOf(LINE_FEED, at + 1)) count += 1;
  return count;
}

function describeBadLine(path: string, block: Buffer, lines: number, offset: number): ClinicalBertError {
  let line = lines;
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
