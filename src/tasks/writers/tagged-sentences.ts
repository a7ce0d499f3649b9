/** @file An example as sentences of words and chunks, for the formats that know nothing finer than a word (CoNLL, `.con`). */
import type { Span } from "../../notes/span.js";
import type { EntityExample, ReadingProblem } from "../example.js";
import { nonBlankLines } from "../readers/words.js";
import type { Chunk } from "../tags.js";
import { chunkWords } from "../word-chunks.js";

export interface TaggedSentence {
  readonly words: readonly Span[];
  /** Word numbers within the sentence. */
  readonly chunks: readonly Chunk[];
}

/**
 * The words of each sentence (that of the format, else a line), words between sentences included in the one before. A chunk that
 * crosses the end of a sentence is cut there, which is reported.
 */
export function tagSentences(example: EntityExample): {
  readonly sentences: readonly TaggedSentence[];
  readonly problems: readonly ReadingProblem[];
} {
  const { words, chunks, problems } = chunkWords(example);
  const crossing: ReadingProblem[] = [];
  const borders = (example.sentences ?? nonBlankLines(example.text)).map(([start]) => start);
  const sentences: { words: Span[]; chunks: Chunk[]; first: number }[] = [];
  let next = 0;
  for (const [index, word] of words.entries()) {
    const begins = sentences.length === 0 || (next < borders.length && word[0] >= borders[next]!);
    while (next < borders.length && word[0] >= borders[next]!) next += 1;
    if (begins) sentences.push({ words: [], chunks: [], first: index });
    sentences.at(-1)!.words.push(word);
  }
  let at = 0;
  for (const { label, start, end } of chunks) {
    while (start >= sentences[at]!.first + sentences[at]!.words.length) at += 1;
    for (let place = at, from = start; from < end; place++) {
      const { first, words: own, chunks: list } = sentences[place]!;
      const to = Math.min(end, first + own.length);
      list.push({ label, start: from - first, end: to - first });
      if (to < end)
        crossing.push({
          exampleId: example.id,
          span: [words[start]![0], words[end - 1]![1]],
          reason: "crosses-sentence",
        });
      from = to;
    }
  }
  return { sentences, problems: [...problems, ...crossing] };
}
