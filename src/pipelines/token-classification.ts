/** @file The pipeline `token-classification`: entities of notes of any length, with exact offsets. */
import type { Encoding } from "../tokens/index.js";
import {
  AGGREGATION_STRATEGIES,
  type AggregationStrategy,
  aggregateEntities,
  type ScoredToken,
  type TokenClassificationResult,
} from "./aggregate-entities.js";
import { unknownOption } from "./shared-options.js";
import type { RowModel } from "./rows.js";
import { softmax } from "./scores.js";
import type { PreTrainedTokenizer } from "./pretrained-tokenizer.js";
import { planTokenWindows, type TokenWindow } from "./windows.js";

export interface TokenClassificationOptions {
  /** Classes left out of the result; `["O"]` by default. */
  readonly ignore_labels?: readonly string[];
  /** `none` by default, as in transformers.js; `first`, `average`, `max` never split a word. */
  readonly aggregation_strategy?: AggregationStrategy;
  /** Tokens that two neighbouring windows of a long text share; a quarter of the window by default. */
  readonly stride?: number;
  /** Tokens of a window, special tokens included; the model's length by default. */
  readonly max_length?: number;
  readonly signal?: AbortSignal;
}

interface PlannedWindow extends TokenWindow {
  readonly text: number;
}

/**
 * For each text its entities in order, as Hugging Face's pipeline gives them. Longer texts than the model's are read in overlapping
 * windows, whatever the model learned from: `openNoteTagger` of `clinicalbert/tasks` reads notes as a model of `finetune ner` learned to.
 */
export async function classifyTokens(
  tokenizer: PreTrainedTokenizer,
  model: RowModel,
  texts: readonly string[],
  options: TokenClassificationOptions = {},
): Promise<TokenClassificationResult[][]> {
  const entitiesOf = entityReader(model, options);
  return (await scoreTokens(tokenizer, model, texts, options)).map(entitiesOf);
}

/** The entities of the tokens of a text, as `options` want them. Throws `PIPELINE_OPTION`. */
export function entityReader(
  { config: { id2label } }: RowModel,
  { aggregation_strategy: strategy = "none", ignore_labels: ignored = ["O"] }: TokenClassificationOptions,
): (tokens: readonly ScoredToken[]) => TokenClassificationResult[] {
  if (!AGGREGATION_STRATEGIES.includes(strategy))
    throw unknownOption("aggregation_strategy", strategy, AGGREGATION_STRATEGIES);
  return (tokens) => aggregateEntities(tokens, id2label, strategy, ignored);
}

/** For each text its tokens with the probabilities of all classes, read in overlapping windows where it is long. */
export async function scoreTokens(
  tokenizer: PreTrainedTokenizer,
  model: RowModel,
  texts: readonly string[],
  options: Pick<TokenClassificationOptions, "stride" | "max_length" | "signal"> = {},
): Promise<ScoredToken[][]> {
  const { wordpiece } = tokenizer;
  const room = Math.min(options.max_length ?? tokenizer.model_max_length, tokenizer.model_max_length) - 2;
  const overlap = Math.min(options.stride ?? Math.floor(room / 4), room - 1);
  const encodings = texts.map((text) => wordpiece.encode(text, { addSpecialTokens: false }));
  const windows: PlannedWindow[] = encodings.flatMap(({ ids }, text) =>
    planTokenWindows(ids.length, room, overlap).map((window) => ({ ...window, text })),
  );
  const scored = encodings.map(({ ids }) => new Array<Float32Array>(ids.length));
  const logits = await model.readRows(
    windows.map((window) => ({
      encoding: windowEncoding(tokenizer, encodings[window.text]!, window),
      // [CLS] stands before the first token of the window.
      reading: {
        output: "token-logits",
        from: window.from - window.start + 1,
        to: window.to - window.start + 1,
      },
    })),
    {
      paddingId: tokenizer.pad_token_id,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
  );
  for (const [index, { text, from, to }] of windows.entries()) {
    const labels = logits[index]!.length / (to - from);
    for (let token = from; token < to; token++)
      scored[text]![token] = softmax(
        logits[index]!.subarray((token - from) * labels, (token - from + 1) * labels),
      );
  }
  return texts.map((text, index) => scoredTokens(tokenizer, text, encodings[index]!, scored[index]!));
}

/** `[CLS] tokens [SEP]`. */
function windowEncoding(
  { wordpiece }: PreTrainedTokenizer,
  encoding: Encoding,
  { start, end }: TokenWindow,
): Encoding {
  const ids = Int32Array.of(
    wordpiece.classificationId,
    ...encoding.ids.subarray(start, end),
    wordpiece.separatorId,
  );
  return {
    ...encoding,
    ids,
    typeIds: new Uint8Array(ids.length),
    attentionMask: new Uint8Array(ids.length).fill(1),
  };
}

function scoredTokens(
  { wordpiece }: PreTrainedTokenizer,
  text: string,
  { ids, tokens, spans }: Encoding,
  scores: readonly Float32Array[],
): ScoredToken[] {
  return Array.from(ids, (id, token) => {
    const span = spans[token]!;
    const unknown = id === wordpiece.unknownId;
    const piece = unknown ? text.slice(...span) : tokens[token]!;
    return {
      piece,
      span,
      index: token + 1,
      scores: scores[token]!,
      isSubword: !unknown && piece.startsWith("##"),
    };
  });
}
