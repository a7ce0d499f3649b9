/** @file Corpus files to token ids, on one thread or several: a blank line ends a document, also across files. */
import { ClinicalBertError } from "../errors.js";
import type { WordPieceTokenizer, WordPieceTokenizerOptions } from "../tokens/wordpiece-tokenizer.js";
import { startWorkerPool } from "../util/worker-pool.js";
import { type LineBlock, readLineBlocks } from "./corpus-blocks.js";
import { BlockTokenizer, type TokenizedBlock } from "./tokenized-block.js";

/** Takes the blocks of the corpus in order; each is good only during the call. */
export interface BlockTaker {
  addBlock(block: TokenizedBlock): void;
}

export interface CorpusCounts {
  readonly bytes: number;
  readonly lines: number;
  readonly sentences: number;
  readonly tokens: number;
  /** Of them `[CLS]` or `[SEP]`. */
  readonly specials: number;
}

export interface TokenizeCorpusOptions {
  /** Worker threads; 1 (default) is the calling thread alone. The result does not depend on it. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytes: number) => void;
  /** Called between blocks; the taker may write there what it has. */
  readonly onBlock?: () => Promise<void>;
}

/** What a thread needs to make the same tokenizer. */
export interface TokenizeWorkerData {
  readonly tokens: readonly string[];
  readonly options: WordPieceTokenizerOptions;
}

/** @throws `CORPUS_INVALID` for a corpus without a sentence or with a line that is not UTF-8 */
export async function tokenizeCorpus(
  files: readonly string[],
  tokenizer: WordPieceTokenizer,
  taker: BlockTaker,
  options: TokenizeCorpusOptions = {},
): Promise<CorpusCounts> {
  const { threads = 1, signal, onProgress, onBlock } = options;
  const counts = { bytes: 0, lines: 0, sentences: 0, tokens: 0, specials: 0 };
  /** Bytes of the blocks that are being tokenized. */
  const underWay: number[] = [];
  async function* blocks(): AsyncGenerator<LineBlock> {
    for (const file of files)
      for await (const block of readLineBlocks(file)) {
        underWay.push(block.bytes.length);
        yield block;
      }
  }
  for await (const block of tokenizeBlocks(blocks(), tokenizer, threads, signal)) {
    signal?.throwIfAborted();
    taker.addBlock(block);
    counts.lines += block.lines;
    counts.sentences += block.lengths.length;
    counts.tokens += block.ids.length;
    counts.specials += block.specials;
    counts.bytes += underWay.shift()!;
    await onBlock?.();
    onProgress?.(counts.bytes);
  }
  if (counts.sentences === 0)
    throw new ClinicalBertError("CORPUS_INVALID", `No sentence in ${files.join(", ")}.`, {
      details: { files, lines: counts.lines },
    });
  return counts;
}

async function* tokenizeBlocks(
  blocks: AsyncGenerator<LineBlock>,
  tokenizer: WordPieceTokenizer,
  threads: number,
  signal?: AbortSignal,
): AsyncGenerator<TokenizedBlock> {
  if (threads === 1) {
    const own = new BlockTokenizer(tokenizer);
    for await (const block of blocks) yield own.tokenize(block);
    return;
  }
  const data: TokenizeWorkerData = { tokens: tokenizer.vocabulary.tokens, options: tokenizer.options };
  const pool = startWorkerPool<LineBlock, TokenizedBlock>(new URL("./tokenize-worker.js", import.meta.url), {
    threads,
    data,
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    // A view would be sent with all of the buffer that it lies in.
    yield* pool.map(ownedBlocks(blocks), ({ bytes }) => [bytes.buffer as ArrayBuffer]);
  } finally {
    await pool.close();
  }
}

async function* ownedBlocks(blocks: AsyncGenerator<LineBlock>): AsyncGenerator<LineBlock> {
  for await (const { path, bytes, offset } of blocks) yield { path, bytes: new Uint8Array(bytes), offset };
}
