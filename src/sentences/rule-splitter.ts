/** @file The embedded sentence splitter. */
import type { Sentence, SentenceSplitter } from "./sentence.js";

/** A splitter by rules for clinical text. Linear in the length of the text. */
export function createRuleSentenceSplitter(): SentenceSplitter {
  return { name: "rules", split: splitByPunctuation };
}

/** `[.?!]` before white space and a capital, digit or bracket; line breaks end a sentence too. */
function splitByPunctuation(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  let start = 0;
  for (const match of `${text}\n`.matchAll(/\n|[.?!](?=\s+[A-Z0-9[(])/g)) {
    const end = Math.min(match.index + 1, text.length);
    const slice = text.slice(start, end);
    const trimmed = slice.trim();
    if (trimmed !== "") {
      const from = start + slice.indexOf(trimmed);
      sentences.push({ text: trimmed, spans: [[from, from + trimmed.length]] });
    }
    start = end;
  }
  return sentences;
}
