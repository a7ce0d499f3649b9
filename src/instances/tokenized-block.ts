/** @file A block of corpus lines as token ids: what a thread makes and a store takes. */
import { PieceSink } from "../tokens/piece-sink.js";
import { isBlank } from "../tokens/python-space.js";
import type { WordPieceTokenizer } from "../tokens/wordpiece-tokenizer.js";
import { eachLine, type LineBlock, textOfBlock } from "./corpus-blocks.js";
import { type IdArray, idBytesFor } from "./instance-record.js";

export interface TokenizedBlock {
  /** Tokens of all sentences, one after the other. */
  readonly ids: IdArray;
  /** Tokens of each sentence; none is empty. */
  readonly lengths: Uint32Array;
  /** Sentences of the block before each of its blank lines. */
  readonly blanks: Uint32Array;
  readonly lines: number;
  /** Tokens that are `[CLS]` or `[SEP]`, which the masking passes over. */
  readonly specials: number;
}

/** Tokenizes one block after another (create_pretraining_data.py:186–206). */
export class BlockTokenizer {
  readonly #tokenizer: WordPieceTokenizer;
  readonly #sink = new PieceSink({ positions: false });

  constructor(tokenizer: WordPieceTokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** @throws `CORPUS_INVALID` for a line that is not UTF-8 */
  tokenize(block: LineBlock): TokenizedBlock {
    const text = textOfBlock(block);
    const sink = this.#sink;
    const lengths: number[] = [];
    const blanks: number[] = [];
    let lines = 0;
    sink.length = 0;
    eachLine(text, (from, to) => {
      lines += 1;
      if (isBlank(text, from, to)) {
        blanks.push(lengths.length);
        return;
      }
      const before = sink.length;
      this.#tokenizer.append(text, sink, from, to);
      if (sink.length > before) lengths.push(sink.length - before);
    });
    const { classificationId, separatorId, vocabulary } = this.#tokenizer;
    const Ids = idBytesFor(vocabulary.tokens.length) === 2 ? Uint16Array : Int32Array;
    const ids = new Ids(sink.length);
    let specials = 0;
    for (let index = 0; index < ids.length; index++) {
      const id = sink.ids[index]!;
      ids[index] = id;
      if (id === classificationId || id === separatorId) specials += 1;
    }
    return { ids, lengths: Uint32Array.from(lengths), blanks: Uint32Array.from(blanks), lines, specials };
  }
}
