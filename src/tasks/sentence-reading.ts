/**
 * @file Notes for models that learned from sentences. A model of `finetune ner` loses much when whole windows of a note come at it
 * (measured: docs/deid.md), so it is given sentences, cut as the trainer cuts them.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Span } from "../notes/span.js";
import { splitSentences } from "./finetuning/entity-features.js";
import { nonBlankLines } from "./readers/words.js";

export interface SentenceReading {
  /** Tokens of a sentence's window, special tokens included. */
  readonly maxLength: number;
}

/** What the trainer wrote beside its model (`finetuning.json`); `null` for models of others, which are read in whole windows. */
export async function readSentenceReading(folder: string): Promise<SentenceReading | null> {
  const text = await readFile(join(folder, "finetuning.json"), "utf8").catch(() => null);
  if (text === null) return null;
  const { maxLength } = JSON.parse(text) as { maxLength?: unknown };
  return { maxLength: typeof maxLength === "number" ? maxLength : Number.POSITIVE_INFINITY };
}

/** From the start of each sentence to the start of the next, so that no character is left out. */
function coverSentences(text: string): Span[] {
  const sentences = nonBlankLines(text);
  const starts = splitSentences({
    kind: "entities",
    id: "",
    documentId: "",
    text,
    sentences,
    entities: [],
  }).map(([start]) => start);
  return starts.length === 0
    ? [[0, text.length]]
    : starts.map((start, index) => [index === 0 ? 0 : start, starts[index + 1] ?? text.length]);
}

/**
 * What `find` finds in whole texts, or, with a `reading`, in their sentences; `shift` moves a find by the place of its sentence.
 * `find` is called once, with all parts.
 */
export async function findBySentences<Found>(
  texts: readonly string[],
  reading: SentenceReading | null,
  find: (
    parts: readonly string[],
    limit: { readonly max_length?: number },
  ) => Promise<readonly (readonly Found[])[]>,
  shift: (found: Found, by: number) => Found,
): Promise<Found[][]> {
  const parts = texts.map((text) => (reading === null ? [[0, text.length] as const] : coverSentences(text)));
  const found = await find(
    parts.flatMap((spans, index) => spans.map((span) => texts[index]!.slice(...span))),
    reading === null ? {} : { max_length: reading.maxLength },
  );
  let next = 0;
  return parts.map((spans) => spans.flatMap(([from]) => found[next++]!.map((each) => shift(each, from))));
}
