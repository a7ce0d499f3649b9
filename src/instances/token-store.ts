/** @file The tokenized corpus: all ids in one row, cut into sentences, cut into documents. In memory here; files in `token-files.ts`. */
import { ClinicalBertError } from "../errors.js";
import { bytesOf } from "../util/protobuf.js";
import type { IdBytes } from "./instance-record.js";
import type { TokenizedBlock } from "./tokenized-block.js";

/** Bytes read by position. */
export interface ByteRow {
  readonly size: number;
  /** Fills `target`, which must not go beyond the end. */
  read(target: Uint8Array, position: number): void;
}

export interface TokenStore {
  readonly idBytes: IdBytes;
  /** Token ids of the corpus, in the order of its lines. */
  readonly tokens: ByteRow;
  /** uint32: sentence s begins with the token sentenceStarts[s] modulo 2³²; one entry more than sentences. */
  readonly sentenceStarts: ByteRow;
  readonly documents: DocumentTable;
  /** Bytes of either row that may be held in memory. */
  readonly memory: number;
}

/** True when both rows are held as a whole. */
export function isInMemory({ tokens, sentenceStarts, memory }: TokenStore): boolean {
  return tokens.size <= memory && sentenceStarts.size <= memory;
}

/** Where documents begin; one entry more than documents. None is empty. */
export interface DocumentTable {
  /** Document d has the sentences `[sentences[d], sentences[d + 1])`. */
  readonly sentences: Uint32Array;
  /** Its first token, lower half and upper half: entries 2 d and 2 d + 1. */
  readonly tokenHalves: Uint32Array;
}

export function documentCount({ sentences }: DocumentTable): number {
  return sentences.length - 1;
}

/** The first token of a document. */
export function firstTokenOf({ tokenHalves }: DocumentTable, document: number): number {
  return tokenHalves[2 * document]! + tokenHalves[2 * document + 1]! * WORD;
}

const WORD = 2 ** 32;

/** Follows the blocks of a corpus and notes where sentences and documents begin. */
export class CorpusIndex {
  #sentences = 0;
  #tokens = 0;
  #count = 0;
  #documentSentences = new Uint32Array(1024);
  #documentTokens = new Uint32Array(2048);

  constructor() {
    this.#beginDocument();
  }

  /** The starts, modulo 2³², of the sentences that follow those of `block`. @throws `CORPUS_INVALID` beyond 2³² sentences */
  addBlock({ lengths, blanks }: TokenizedBlock): Uint32Array {
    const starts = new Uint32Array(lengths.length);
    let index = 0;
    const addSentences = (end: number): void => {
      let tokens = this.#tokens;
      this.#sentences += end - index;
      for (; index < end; index++) {
        tokens += lengths[index]!;
        starts[index] = tokens;
      }
      this.#tokens = tokens;
    };
    for (const before of blanks) {
      addSentences(before);
      this.#beginDocument();
    }
    addSentences(lengths.length);
    if (this.#sentences >= WORD)
      throw new ClinicalBertError("CORPUS_INVALID", `The corpus has more than ${WORD - 1} sentences.`);
    return starts;
  }

  /** A document without a sentence is none. */
  #beginDocument(): void {
    if (this.#count > 0 && this.#documentSentences[this.#count - 1] === this.#sentences) return;
    if (this.#count === this.#documentSentences.length) {
      this.#documentSentences = enlarged(this.#documentSentences);
      this.#documentTokens = enlarged(this.#documentTokens);
    }
    this.#documentSentences[this.#count] = this.#sentences;
    this.#documentTokens[2 * this.#count] = this.#tokens;
    this.#documentTokens[2 * this.#count + 1] = Math.floor(this.#tokens / WORD);
    this.#count += 1;
  }

  finish(): DocumentTable {
    this.#beginDocument();
    return {
      sentences: this.#documentSentences.subarray(0, this.#count),
      tokenHalves: this.#documentTokens.subarray(0, 2 * this.#count),
    };
  }
}

function enlarged(values: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(values.length * 2);
  larger.set(values);
  return larger;
}

/** What tokenization feeds, block by block; `finish` gives the store. */
export class MemoryTokenStore {
  readonly #ids: Uint8Array[] = [];
  readonly #starts: Uint8Array[] = [bytesOf(Uint32Array.of(0))];
  readonly #index = new CorpusIndex();
  readonly #idBytes: IdBytes;

  constructor(idBytes: IdBytes) {
    this.#idBytes = idBytes;
  }

  addBlock(block: TokenizedBlock): void {
    this.#ids.push(bytesOf(block.ids.slice()));
    this.#starts.push(bytesOf(this.#index.addBlock(block)));
  }

  finish(): TokenStore {
    const tokens = memoryRow(this.#ids);
    const sentenceStarts = memoryRow(this.#starts);
    return {
      idBytes: this.#idBytes,
      tokens,
      sentenceStarts,
      documents: this.#index.finish(),
      memory: Math.max(tokens.size, sentenceStarts.size),
    };
  }
}

function memoryRow(chunks: readonly Uint8Array[]): ByteRow {
  const bytes = Buffer.concat(chunks);
  return {
    size: bytes.length,
    read: (target, position) => target.set(bytes.subarray(position, position + target.length)),
  };
}
