/** @file Tokenizer, model and task behind one call, as in @huggingface/transformers. Loading is a parameter. */
import type { Tensor } from "../graph/tensor.js";
import type { TokenClassificationResult } from "./aggregate-entities.js";
import type { AutoModels } from "./auto-models.js";
import { Callable } from "./callable.js";
import { extractFeatures, type FeatureExtractionOptions } from "./feature-extraction.js";
import { type FillMaskOptions, type FillMaskResult, fillMasks } from "./fill-mask.js";
import type { PreTrainedModel } from "./pretrained-model.js";
import type { PreTrainedTokenizer } from "./pretrained-tokenizer.js";
import { unknownOption } from "./shared-options.js";
import {
  classifyTexts,
  type TextClassificationOptions,
  type TextClassificationResult,
} from "./text-classification.js";
import { classifyTokens, type TokenClassificationOptions } from "./token-classification.js";

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
  "feature-extraction": { load: "AutoModel", run: extractFeatures },
  "fill-mask": { load: "AutoModelForMaskedLM", run: perText(fillMasks) },
  "text-classification": { load: "AutoModelForSequenceClassification", run: classifyFlat },
  "token-classification": { load: "AutoModelForTokenClassification", run: perText(classifyTokens) },
} as const satisfies Record<PipelineTask, { readonly load: keyof AutoModels<never>; readonly run: Run }>;

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

export type TaskName = PipelineTask | "ner" | "sentiment-analysis" | "embeddings";
export type TaskOf<N extends TaskName> = N extends PipelineTask
  ? N
  : N extends "ner"
    ? "token-classification"
    : N extends "embeddings"
      ? "feature-extraction"
      : "text-classification";

/** Where tokenizers and models come from: the Auto classes of Node or of a browser. */
export interface AutoClasses<O> extends Pick<AutoModels<O>, (typeof TASKS)[PipelineTask]["load"]> {
  readonly AutoTokenizer: {
    from_pretrained(source: string, options?: O): Promise<PreTrainedTokenizer>;
  };
}

/** Loads tokenizer and model of `source` for a task; throws `PIPELINE_OPTION` for a task that there is none of. */
export async function loadPipeline<N extends TaskName, O>(
  auto: AutoClasses<O>,
  task: N,
  source: string,
  options: O,
): Promise<Pipeline<TaskOf<N>>> {
  const name = (ALIASES[task] ?? task) as PipelineTask;
  if (!Object.hasOwn(TASKS, name))
    throw unknownOption("task", task, [...Object.keys(TASKS), ...Object.keys(ALIASES)]);
  const tokenizer = await auto.AutoTokenizer.from_pretrained(source, options);
  const model = await auto[TASKS[name].load].from_pretrained(source, options);
  return new TextPipeline(name, tokenizer, model) as unknown as Pipeline<TaskOf<N>>;
}
