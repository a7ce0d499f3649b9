/** @file A block of corpus lines as token ids: what a thread makes and a store takes. */
import type { AsciiLines, LineIds, TokenizedLines } from "../tokens/ascii-lines.js";
import { PieceSink } from "../tokens/piece-sink.js";
import { isBlank } from "../tokens/python-space.js";
import type { WordPieceTokenizer } from "../tokens/wordpiece-tokenizer.js";
import { type LineBlock, requireUtf8 } from "./corpus-blocks.js";
import { idBytesFor } from "./instance-record.js";

export interface TokenizedBlock extends TokenizedLines {
  /** Tokens that are `[CLS]` or `[SEP]`, which the masking passes over. */
  readonly specials: number;
}

/** Tokenizes one block after another (create_pretraining_data.py:186–206). */
export class BlockTokenizer {
  readonly #tokenizer: WordPieceTokenizer;
  readonly #lines: AsciiLines;
  readonly #sink = new PieceSink({ positions: false });
  #specials = 0;

  constructor(tokenizer: WordPieceTokenizer) {
    this.#tokenizer = tokenizer;
    this.#lines = tokenizer.asciiLines(idBytesFor(tokenizer.vocabulary.tokens.length));
  }

  /** Good until the next call. @throws `CORPUS_INVALID` for a line that is not UTF-8 */
  tokenize(block: LineBlock): TokenizedBlock {
    requireUtf8(block);
    this.#specials = 0;
    return { ...this.tokenizeLines(block.bytes), specials: this.#specials };
  }

  /** Good until the next call. */
  tokenizeLines(bytes: Uint8Array): TokenizedLines {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.#lines.tokenize(bytes, (from, to) => this.#tokenizeLine(text.toString("utf8", from, to)));
  }

  #tokenizeLine(text: string): LineIds {
    const sink = this.#sink;
    sink.length = 0;
    if (isBlank(text)) return { ids: sink.ids.subarray(0, 0), isBlank: true };
    this.#tokenizer.append(text, sink);
    const ids = sink.ids.subarray(0, sink.length);
    const { classificationId, separatorId } = this.#tokenizer;
    for (const id of ids) if (id === classificationId || id === separatorId) this.#specials += 1;
    return { ids, isBlank: false };
  }
}
