/** @file Words of a text as BERT's basic tokenizer cuts it: at spaces, around punctuation and CJK characters; nothing is normalized. */
import type { Span } from "../notes/span.js";
import { Normalizer } from "../tokens/normalizer.js";
import { CJK, PUNCTUATION, SPACE } from "../tokens/unicode-tables.js";

let normalizer: Normalizer | null = null;

/** Spans of the words in `text[from, to)`, by the character classes of the dialect `huggingface`. */
export function basicWords(text: string, from = 0, to = text.length): Span[] {
  normalizer ??= new Normalizer({ dialect: "huggingface", lowercase: false });
  const words: Span[] = [];
  let start = from;
  for (let at = from; at < to; ) {
    const point = text.codePointAt(at)!;
    const next = at + (point > 0xffff ? 2 : 1);
    const kind = normalizer.classOf(point);
    if (kind === SPACE || kind === PUNCTUATION || kind === CJK) {
      if (start < at) words.push([start, at]);
      if (kind !== SPACE) words.push([at, next]);
      start = next;
    }
    at = next;
  }
  if (start < to) words.push([start, to]);
  return words;
}
