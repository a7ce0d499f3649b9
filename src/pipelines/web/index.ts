/**
 * @file The Auto API in a browser: the same calls as on Node, with the address of a model folder in the place of a path.
 * Files are fetched from there once and kept; texts never leave the page.
 */
import { openWebModel, openWebTokenizer, readWebConfig } from "../../checkpoint/web/open-web-model.js";
import { createOrtWebRuntime } from "../../runtime/ort-web.js";
import { createAutoModels, type LoadModel } from "../auto-models.js";
import { loadModel } from "../load-model.js";
import { completeConfig, type PretrainedConfig } from "../pretrained-config.js";
import { PreTrainedTokenizer } from "../pretrained-tokenizer.js";
import { requireDtype, sayNotices } from "../shared-options.js";
import { loadPipeline, type Pipeline, type TaskName, type TaskOf } from "../text-pipeline.js";
import { maxLengthOf } from "../tokenizer-length.js";
import { fileOptions, runtimeOptions, type WebPretrainedOptions } from "./options.js";

export {
  AGGREGATION_STRATEGIES,
  type AggregationStrategy,
  type TokenClassificationResult,
} from "../aggregate-entities.js";
export type { FeatureExtractionOptions } from "../feature-extraction.js";
export { POOLINGS, type Pooling } from "../rows.js";
export type { FillMaskOptions, FillMaskResult } from "../fill-mask.js";
export type { PretrainedConfig } from "../pretrained-config.js";
export { type ModelInputs, type ModelOutputs, PreTrainedModel } from "../pretrained-model.js";
export {
  type BatchEncoding,
  PreTrainedTokenizer,
  type TokenizerCallOptions,
} from "../pretrained-tokenizer.js";
export type { ModelDtype, ProgressInfo } from "../shared-options.js";
export type { TextClassificationOptions, TextClassificationResult } from "../text-classification.js";
export type { Pipeline, PipelineTask } from "../text-pipeline.js";
export type { TokenClassificationOptions } from "../token-classification.js";
export type { WebPretrainedOptions } from "./options.js";

const load: LoadModel<WebPretrainedOptions> = async (source, headsOf, options) => {
  const dtype = requireDtype(options.dtype);
  const runtime = await createOrtWebRuntime(runtimeOptions(options));
  const opened = await openWebModel(source, fileOptions(options));
  return loadModel(opened, headsOf(opened.heads), runtime, dtype, options);
};

export const {
  AutoModel,
  AutoModelForPreTraining,
  AutoModelForMaskedLM,
  AutoModelForNextSentencePrediction,
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
} = createAutoModels(load, {});

export const AutoConfig = {
  /** The configuration of the model at an address; no weights are fetched. */
  async from_pretrained(source: string, options: WebPretrainedOptions = {}): Promise<PretrainedConfig> {
    return completeConfig(await readWebConfig(source, fileOptions(options)));
  },
};

export const AutoTokenizer = {
  /** The tokenizer of the model at an address. Where no file says whether it is cased, the vocabulary decides. */
  async from_pretrained(source: string, options: WebPretrainedOptions = {}): Promise<PreTrainedTokenizer> {
    const lowercase = options.do_lower_case;
    const opened = await openWebTokenizer(source, {
      ...fileOptions(options),
      ...(lowercase === undefined ? {} : { lowercase }),
    });
    if (opened.notice !== null) sayNotices([opened.notice], options);
    const config = await readWebConfig(source, fileOptions(options));
    return new PreTrainedTokenizer(opened.tokenizer, maxLengthOf(opened.maxLength, config), opened.calls);
  },
};

/** `pipeline("token-classification", "/models/ner/")`: tokenizer, model and task behind one call. There is no default model. */
export function pipeline<N extends TaskName>(
  task: N,
  source: string,
  options: WebPretrainedOptions = {},
): Promise<Pipeline<TaskOf<N>>> {
  const auto = {
    AutoTokenizer,
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
  };
  return loadPipeline(auto, task, source, options);
}
