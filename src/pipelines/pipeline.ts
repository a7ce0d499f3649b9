/** @file `pipeline(task, model)`: tokenizer, model and task behind one call, as in @huggingface/transformers. */
import type { Tensor } from "../graph/tensor.js";
import { Callable } from "./callable.js";
import type { TokenClassificationResult } from "./aggregate-entities.js";
import { extractFeatures, type FeatureExtractionOptions } from "./feature-extraction.js";
import { type FillMaskOptions, type FillMaskResult, fillMasks } from "./fill-mask.js";
import {
  AutoModel,
  AutoModelForMaskedLM,
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
  type PreTrainedModel,
} from "./models.js";
import { type PretrainedModelOptions, unknownOption } from "./options.js";
import {
  classifyTexts,
  type TextClassificationOptions,
  type TextClassificationResult,
} from "./text-classification.js";
import { classifyTokens, type TokenClassificationOptions } from "./token-classification.js";
import { AutoTokenizer, type PreTrainedTokenizer } from "./tokenizers.js";

type Texts = string | readonly string[];
/** One result for a text, a list of results for a list. */
type PerText<T extends Texts, R> = T extends string ? R : R[];

/** What a pipeline of each task takes and gives. */
export interface PipelineCalls {
  "feature-extraction"(texts: Texts, options?: FeatureExtractionOptions): Promise<Tensor>;
  "fill-mask"<T extends Texts>(texts: T, options?: FillMaskOptions): Promise<PerText<T, FillMaskResult[]>>;
  /** As in transformers.js: with `top_k` 1 (the default) a flat list, one class a text; else a list for each text. */
  "text-classification"(
    texts: Texts,
    options?: TextClassificationOptions,
  ): Promise<TextClassificationResult[] | TextClassificationResult[][]>;
  "token-classification"<T extends Texts>(
    texts: T,
    options?: TokenClassificationOptions,
  ): Promise<PerText<T, TokenClassificationResult[]>>;
}

export type PipelineTask = keyof PipelineCalls;

const ALIASES: Readonly<Record<string, PipelineTask>> = {
  ner: "token-classification",
  "sentiment-analysis": "text-classification",
  embeddings: "feature-extraction",
};

type Run = (
  tokenizer: PreTrainedTokenizer,
  model: PreTrainedModel,
  texts: Texts,
  options: never,
) => Promise<unknown>;

const perText =
  <O>(
    run: (
      tokenizer: PreTrainedTokenizer,
      model: PreTrainedModel,
      texts: readonly string[],
      options?: O,
    ) => Promise<unknown[]>,
  ) =>
  async (
    tokenizer: PreTrainedTokenizer,
    model: PreTrainedModel,
    texts: Texts,
    options?: O,
  ): Promise<unknown> => {
    const results = await run(tokenizer, model, typeof texts === "string" ? [texts] : texts, options);
    return typeof texts === "string" ? results[0] : results;
  };

const TASKS = {
  "feature-extraction": { load: AutoModel, run: extractFeatures },
  "fill-mask": { load: AutoModelForMaskedLM, run: perText(fillMasks) },
  "text-classification": { load: AutoModelForSequenceClassification, run: classifyFlat },
  "token-classification": { load: AutoModelForTokenClassification, run: perText(classifyTokens) },
} as const satisfies Record<PipelineTask, { readonly load: typeof AutoModel; readonly run: Run }>;

async function classifyFlat(
  tokenizer: PreTrainedTokenizer,
  model: PreTrainedModel,
  texts: Texts,
  options: TextClassificationOptions = {},
): Promise<TextClassificationResult[] | TextClassificationResult[][]> {
  const results = await classifyTexts(tokenizer, model, typeof texts === "string" ? [texts] : texts, options);
  if ((options.top_k ?? 1) === 1 && options.top_k !== null) return results.flat();
  return typeof texts === "string" ? results[0]! : results;
}

/** A pipeline: call it with texts, `dispose` it when done. */
class TextPipeline extends Callable {
  readonly task: PipelineTask;
  readonly tokenizer: PreTrainedTokenizer;
  readonly model: PreTrainedModel;

  constructor(task: PipelineTask, tokenizer: PreTrainedTokenizer, model: PreTrainedModel) {
    super();
    this.task = task;
    this.tokenizer = tokenizer;
    this.model = model;
  }

  _call(texts: Texts, options: object = {}): Promise<unknown> {
    return (TASKS[this.task].run as Run)(this.tokenizer, this.model, texts, options as never);
  }

  dispose(): Promise<void> {
    return this.model.dispose();
  }
}

export type Pipeline<K extends PipelineTask> = PipelineCalls[K] &
  Pick<TextPipeline, "task" | "tokenizer" | "model" | "dispose">;

type TaskName = PipelineTask | "ner" | "sentiment-analysis" | "embeddings";
type TaskOf<N extends TaskName> = N extends PipelineTask
  ? N
  : N extends "ner"
    ? "token-classification"
    : N extends "embeddings"
      ? "feature-extraction"
      : "text-classification";

/**
 * Loads tokenizer and model of `source` (folder, file, archive or hub id) for a task. There is no default model.
 * Texts of a list run sorted by length in batches with little padding, and come back in order.
 */
export async function pipeline<N extends TaskName>(
  task: N,
  source: string,
  options: PretrainedModelOptions = {},
): Promise<Pipeline<TaskOf<N>>> {
  const name = (ALIASES[task] ?? task) as PipelineTask;
  if (!Object.hasOwn(TASKS, name))
    throw unknownOption("task", task, [...Object.keys(TASKS), ...Object.keys(ALIASES)]);
  const tokenizer = await AutoTokenizer.from_pretrained(source, options);
  const model = await TASKS[name].load.from_pretrained(source, options);
  return new TextPipeline(name, tokenizer, model) as unknown as Pipeline<TaskOf<N>>;
}
