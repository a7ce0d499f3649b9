/** @file The tokenized corpus as three files, written once and read by position: `TokenStore` for corpora of any size. */
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { internalError } from "../errors.js";
import { type AtomicFile, openAtomic, writeAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";
import { bytesOf } from "../util/protobuf.js";
import { ByteWriter } from "./byte-writer.js";
import { idBytesFor } from "./instance-record.js";
import { arrayRow, DocumentStarts, type NumberRow, type TokenStore } from "./token-store.js";
import type { BlockTaker } from "./tokenize-corpus.js";

const TOKENS = "tokens.bin";
const SENTENCES = "sentences.bin";
const DOCUMENTS = "documents.bin";

/** Each of the two rows is held in memory up to this size; of a larger one, this much is cached. */
export const ROW_MEMORY_BYTES = 1 << 27;
const BLOCK_BYTES = 1 << 13;

export interface TokenFilesWriter extends BlockTaker {
  /** Writes what has come together. */
  flush(): Promise<void>;
  /** Makes the files whole under their names. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Ids as 2 or 4 bytes; starts of sentences (in tokens) and documents (in sentences) as float64. */
export async function createTokenFiles(folder: string, vocabularySize: number): Promise<TokenFilesWriter> {
  const idBytes = idBytesFor(vocabularySize);
  const tokenFile = await openAtomic(join(folder, TOKENS));
  const sentenceFile = await openAtomic(join(folder, SENTENCES));
  const tokens = new ByteWriter(tokenFile);
  const sentences = new ByteWriter(sentenceFile);
  const documents = new DocumentStarts();
  let tokenCount = 0;
  let sentenceCount = 0;
  sentences.put(bytesOf(Float64Array.of(0)));
  const files: readonly AtomicFile[] = [tokenFile, sentenceFile];
  const flush = async (): Promise<void> => {
    await tokens.flush();
    await sentences.flush();
  };
  return {
    addBlock({ ids, lengths, blanks }) {
      if (ids.BYTES_PER_ELEMENT !== idBytes)
        throw internalError(`ids of ${ids.BYTES_PER_ELEMENT} bytes for a vocabulary of ${vocabularySize}`);
      tokens.put(bytesOf(ids));
      documents.addBlanks(sentenceCount, blanks);
      const starts = new Float64Array(lengths.length);
      for (let index = 0; index < lengths.length; index++) {
        tokenCount += lengths[index]!;
        starts[index] = tokenCount;
      }
      sentences.put(bytesOf(starts));
      sentenceCount += lengths.length;
    },
    flush,
    async commit() {
      await flush();
      for (const file of files) await file.commit();
      await writeAtomic(join(folder, DOCUMENTS), bytesOf(documents.finish(sentenceCount)));
    },
    async discard() {
      for (const file of files) await file.discard();
    },
  };
}

export interface OpenTokenStore extends TokenStore {
  close(): void;
}

/** Opens what `createTokenFiles` wrote into `folder`; `memory` bytes at most for each row. */
export function openTokenFiles(
  folder: string,
  vocabularySize: number,
  memory = ROW_MEMORY_BYTES,
): OpenTokenStore {
  const Ids = idBytesFor(vocabularySize) === 2 ? Uint16Array : Int32Array;
  const tokens = openRow(join(folder, TOKENS), Ids, memory);
  const sentences = openRow(join(folder, SENTENCES), Float64Array, memory);
  const documents = readFileSync(join(folder, DOCUMENTS));
  return {
    tokens: tokens.row,
    sentenceStarts: sentences.row,
    documentStarts: new Float64Array(
      documents.buffer.slice(documents.byteOffset, documents.byteOffset + documents.length),
    ),
    close() {
      tokens.close();
      sentences.close();
    },
  };
}

type RowArray = Uint16Array | Int32Array | Float64Array;
interface RowArrayConstructor {
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): RowArray;
  readonly BYTES_PER_ELEMENT: number;
}

function openRow(
  path: string,
  Elements: RowArrayConstructor,
  memory: number,
): { row: NumberRow; close(): void } {
  try {
    const { size } = statSync(path);
    const descriptor = openSync(path, "r");
    if (size > memory)
      return { row: pagedRow(descriptor, size, Elements, memory), close: () => closeSync(descriptor) };
    const bytes = new Uint8Array(size);
    readBlock(descriptor, bytes, 0);
    closeSync(descriptor);
    return { row: arrayRow(narrowed(new Elements(bytes.buffer))), close: () => undefined };
  } catch (error) {
    throw fileError(error, path);
  }
}

/** Starts of sentences as 32-bit numbers where they fit: half as much goes through the processor's cache. */
function narrowed(row: RowArray): RowArray | Uint32Array {
  const fits = row instanceof Float64Array && row.length > 0 && row[row.length - 1]! <= 0xffffffff;
  return fits ? Uint32Array.from(row) : row;
}

/** Fills `target` from `position` on; the end of the file may come first. */
function readBlock(descriptor: number, target: Uint8Array, position: number): void {
  for (let done = 0; done < target.length; ) {
    const read = readSync(descriptor, target, done, target.length - done, position + done);
    if (read === 0) return;
    done += read;
  }
}

/** A file seen through a direct-mapped cache of blocks. */
function pagedRow(
  descriptor: number,
  size: number,
  Elements: RowArrayConstructor,
  memory: number,
): NumberRow {
  const perBlock = BLOCK_BYTES / Elements.BYTES_PER_ELEMENT;
  const slots = Math.max(1, Math.floor(memory / BLOCK_BYTES));
  const cache = new ArrayBuffer(slots * BLOCK_BYTES);
  const bytes = new Uint8Array(cache);
  const elements = new Elements(cache);
  const held = new Int32Array(slots).fill(-1);
  /** Index in `elements` of the first element of a block of the file. */
  const load = (block: number): number => {
    const slot = block % slots;
    if (held[slot] !== block) {
      held[slot] = block;
      readBlock(
        descriptor,
        bytes.subarray(slot * BLOCK_BYTES, (slot + 1) * BLOCK_BYTES),
        block * BLOCK_BYTES,
      );
    }
    return slot * perBlock;
  };
  return {
    length: size / Elements.BYTES_PER_ELEMENT,
    at(index) {
      const block = Math.floor(index / perBlock);
      return elements[load(block) + index - block * perBlock]!;
    },
    copy(from, to, target, offset) {
      for (let index = from; index < to; ) {
        const block = Math.floor(index / perBlock);
        const within = index - block * perBlock;
        const count = Math.min(to - index, perBlock - within);
        const first = load(block) + within;
        for (let each = 0; each < count; each++)
          target[offset + index - from + each] = elements[first + each]!;
        index += count;
      }
    },
  };
}
