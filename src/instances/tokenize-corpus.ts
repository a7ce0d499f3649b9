/** @file Corpus lines to token ids (create_pretraining_data.py:186–206): a blank line ends a document, also across files. */
import { ClinicalBertError } from "../errors.js";
import { PieceSink } from "../tokens/piece-sink.js";
import { isBlank } from "../tokens/python-space.js";
import type { WordPieceTokenizer } from "../tokens/wordpiece-tokenizer.js";
import { eachLine, readCorpusBlocks } from "./corpus-blocks.js";

/** Takes the sentences of the corpus in order. */
export interface SentenceTaker {
  addSentence(ids: Int32Array, count: number): void;
  endDocument(): void;
}

export interface CorpusCounts {
  readonly bytes: number;
  readonly lines: number;
  readonly sentences: number;
  readonly tokens: number;
  /** Of them `[CLS]` or `[SEP]`, which the masking passes over. */
  readonly specials: number;
}

export interface TokenizeCorpusOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytes: number) => void;
  /** Called between blocks; the taker may write there what it has. */
  readonly onBlock?: () => Promise<void>;
}

/** @throws `CORPUS_INVALID` for a corpus without a sentence or with a line that is not UTF-8 */
export async function tokenizeCorpus(
  files: readonly string[],
  tokenizer: WordPieceTokenizer,
  taker: SentenceTaker,
  options: TokenizeCorpusOptions = {},
): Promise<CorpusCounts> {
  const sink = new PieceSink({ positions: false });
  const counts = { bytes: 0, lines: 0, sentences: 0, tokens: 0, specials: 0 };
  const { classificationId, separatorId } = tokenizer;
  let before = 0;
  for (const file of files) {
    for await (const { text, bytesRead } of readCorpusBlocks(file)) {
      if (options.signal?.aborted === true) throw options.signal.reason;
      eachLine(text, (from, to) => {
        counts.lines += 1;
        if (isBlank(text, from, to)) {
          taker.endDocument();
          return;
        }
        sink.length = 0;
        tokenizer.append(text, sink, from, to);
        if (sink.length === 0) return;
        counts.sentences += 1;
        counts.tokens += sink.length;
        for (let index = 0; index < sink.length; index++) {
          const id = sink.ids[index]!;
          if (id === classificationId || id === separatorId) counts.specials += 1;
        }
        taker.addSentence(sink.ids, sink.length);
      });
      counts.bytes = before + bytesRead;
      await options.onBlock?.();
      options.onProgress?.(counts.bytes);
    }
    before = counts.bytes;
  }
  if (counts.sentences === 0)
    throw new ClinicalBertError("CORPUS_INVALID", `No sentence in ${files.join(", ")}.`, {
      details: { files, lines: counts.lines },
    });
  return counts;
}
