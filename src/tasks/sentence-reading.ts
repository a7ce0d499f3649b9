/**
 * @file Notes for models that learned from sentences. A model of `finetune ner` loses much when whole windows of a note come at it
 * (measured: docs/deid.md), so it is given sentences, cut as the trainer cuts them.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Span } from "../notes/span.js";
import type {
  PreTrainedTokenizer,
  RowModel,
  TokenClassificationOptions,
  TokenClassificationResult,
} from "../pipelines/index.js";
import { classifyTokens } from "../pipelines/token-classification.js";
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
export function coverSentences(text: string): Span[] {
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

/** `classifyTokens` of notes, sentence by sentence where `reading` says so; places are those of the notes. */
export async function classifyNotes(
  tokenizer: PreTrainedTokenizer,
  model: RowModel,
  texts: readonly string[],
  reading: SentenceReading | null,
  options: TokenClassificationOptions = {},
): Promise<TokenClassificationResult[][]> {
  if (reading === null) return classifyTokens(tokenizer, model, texts, options);
  const parts = texts.map(coverSentences);
  const found = await classifyTokens(
    tokenizer,
    model,
    parts.flatMap((spans, note) => spans.map((span) => texts[note]!.slice(...span))),
    { max_length: reading.maxLength, ...options },
  );
  let next = 0;
  return parts.map((spans) =>
    spans.flatMap(([from]) =>
      found[next++]!.map((entity) => ({ ...entity, start: entity.start + from, end: entity.end + from })),
    ),
  );
}
