/**
 * @file Notes for models that learned from sentences. A model of `finetune ner` loses much when whole windows of a note come at it
 * (measured: docs/deid.md), so it is given sentences, cut as the trainer cuts them.
 */
import type { Span } from "../notes/span.js";
import type {
  PreTrainedTokenizer,
  RowModel,
  TokenClassificationOptions,
  TokenClassificationResult,
} from "../pipelines/index.js";
import { classifyTokens, entityReader, scoreTokens } from "../pipelines/token-classification.js";
import type { TaskShape } from "./finetuning/parts.js";
import { nonBlankLines } from "./readers/words.js";
import { splitSentences } from "./split-sentences.js";

export interface SentenceReading {
  /** Tokens of a sentence's window, special tokens included. */
  readonly maxLength: number;
}

/** How a model reads notes, by what its trainer wrote beside it; `null` for models of others, which are read in whole windows. */
export function sentenceReading(shape: Partial<TaskShape> | null): SentenceReading | null {
  if (shape === null) return null;
  const { maxLength } = shape;
  return { maxLength: typeof maxLength === "number" ? maxLength : Number.POSITIVE_INFINITY };
}

/** From the start of each sentence to the start of the next, so that no character is left out. */
export function coverSentences(text: string): Span[] {
  const starts = splitSentences({ text, sentences: nonBlankLines(text) }).map(([start]) => start);
  return starts.length === 0
    ? [[0, text.length]]
    : starts.map((start, index) => [index === 0 ? 0 : start, starts[index + 1] ?? text.length]);
}

/**
 * `classifyTokens` of notes, sentence by sentence where `reading` says so; places are those of the notes. Entities are made of the tokens of
 * the whole note, as the trainer scores them: one that runs over the end of a line is one.
 */
export async function classifyNotes(
  tokenizer: PreTrainedTokenizer,
  model: RowModel,
  texts: readonly string[],
  reading: SentenceReading | null,
  options: TokenClassificationOptions = {},
): Promise<TokenClassificationResult[][]> {
  if (reading === null) return classifyTokens(tokenizer, model, texts, options);
  const entitiesOf = entityReader(model, options);
  const parts = texts.map(coverSentences);
  const scored = await scoreTokens(
    tokenizer,
    model,
    parts.flatMap((spans, note) => spans.map((span) => texts[note]!.slice(...span))),
    { max_length: reading.maxLength, ...options },
  );
  let next = 0;
  return parts.map((spans) => {
    const tokens = spans.flatMap(([from]) =>
      scored[next++]!.map((token) => ({
        ...token,
        span: [token.span[0] + from, token.span[1] + from] as const,
      })),
    );
    return entitiesOf(tokens.map((token, index) => ({ ...token, index: index + 1 })));
  });
}
