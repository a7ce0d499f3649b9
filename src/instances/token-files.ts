/** @file The tokenized corpus as three files, written once and read by position: `TokenStore` for corpora of any size. */
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { internalError } from "../errors.js";
import { type AtomicFile, openAtomic, writeAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";
import { bytesOf } from "../util/protobuf.js";
import { ByteWriter } from "./byte-writer.js";
import { idBytesFor } from "./instance-record.js";
import { type ByteRow, CorpusIndex, type TokenStore } from "./token-store.js";
import type { BlockTaker } from "./tokenize-corpus.js";

const TOKENS = "tokens.bin";
const SENTENCES = "sentences.bin";
const DOCUMENTS = "documents.bin";

/** Each of the two rows is held in memory up to this size; of a larger one, this much is cached. */
export const ROW_MEMORY_BYTES = 1 << 27;
/** An entry of the table of documents: a uint32 and a uint64. */
const DOCUMENT_BYTES = 12;

export interface TokenFilesWriter extends BlockTaker {
  /** Writes what has come together. */
  flush(): Promise<void>;
  /** Makes the files whole under their names. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Ids as 2 or 4 bytes; starts of sentences as uint32; the table of documents, its sentences before its tokens. */
export async function createTokenFiles(folder: string, vocabularySize: number): Promise<TokenFilesWriter> {
  const idBytes = idBytesFor(vocabularySize);
  const tokenFile = await openAtomic(join(folder, TOKENS));
  const sentenceFile = await openAtomic(join(folder, SENTENCES));
  const tokens = new ByteWriter(tokenFile);
  const sentences = new ByteWriter(sentenceFile);
  const index = new CorpusIndex();
  sentences.put(bytesOf(Uint32Array.of(0)));
  const files: readonly AtomicFile[] = [tokenFile, sentenceFile];
  const flush = async (): Promise<void> => {
    await tokens.flush();
    await sentences.flush();
  };
  return {
    addBlock(block) {
      if (block.ids.BYTES_PER_ELEMENT !== idBytes)
        throw internalError(
          `ids of ${block.ids.BYTES_PER_ELEMENT} bytes for a vocabulary of ${vocabularySize}`,
        );
      tokens.put(bytesOf(block.ids));
      sentences.put(bytesOf(index.addBlock(block)));
    },
    flush,
    async commit() {
      await flush();
      for (const file of files) await file.commit();
      const documents = index.finish();
      await writeAtomic(
        join(folder, DOCUMENTS),
        Buffer.concat([bytesOf(documents.sentences), bytesOf(documents.tokenHalves)]),
      );
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
  const tokens = openRow(join(folder, TOKENS));
  const sentences = openRow(join(folder, SENTENCES));
  const table = readFileSync(join(folder, DOCUMENTS));
  const entries = table.length / DOCUMENT_BYTES;
  const words = new Uint32Array(table.buffer.slice(table.byteOffset, table.byteOffset + table.length));
  return {
    idBytes: idBytesFor(vocabularySize),
    tokens: tokens.row,
    sentenceStarts: sentences.row,
    documents: { sentences: words.subarray(0, entries), tokenHalves: words.subarray(entries) },
    memory,
    close() {
      tokens.close();
      sentences.close();
    },
  };
}

function openRow(path: string): { row: ByteRow; close(): void } {
  try {
    const { size } = statSync(path);
    const descriptor = openSync(path, "r");
    return {
      row: { size, read: (target, position) => readWhole(descriptor, path, target, position) },
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    throw fileError(error, path);
  }
}

function readWhole(descriptor: number, path: string, target: Uint8Array, position: number): void {
  for (let done = 0; done < target.length; ) {
    const read = readSync(descriptor, target, done, target.length - done, position + done);
    if (read === 0) throw internalError(`${path} ends before byte ${position + target.length}`);
    done += read;
  }
}
