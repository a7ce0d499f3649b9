export {
  AGGREGATION_STRATEGIES,
  type AggregationStrategy,
  type TokenClassificationResult,
} from "./aggregate-entities.js";
export { AutoConfig } from "./auto-config.js";
export type { FeatureExtractionOptions } from "./feature-extraction.js";
export type { FillMaskOptions, FillMaskResult } from "./fill-mask.js";
export {
  AutoModel,
  AutoModelForMaskedLM,
  AutoModelForNextSentencePrediction,
  AutoModelForPreTraining,
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
} from "./models.js";
export type { PretrainedModelOptions, PretrainedOptions } from "./options.js";
export { pipeline } from "./pipeline.js";
export {
  type ModelRow,
  POOLINGS,
  type Pooling,
  type Reading,
  type RowModel,
  type RowOptions,
} from "./rows.js";
export type { PretrainedConfig } from "./pretrained-config.js";
export { type ModelInputs, type ModelOutputs, PreTrainedModel } from "./pretrained-model.js";
export {
  type BatchEncoding,
  PreTrainedTokenizer,
  type TokenizerCallOptions,
} from "./pretrained-tokenizer.js";
export type { ModelDtype, ProgressInfo } from "./shared-options.js";
export type { TextClassificationOptions, TextClassificationResult } from "./text-classification.js";
export type { TokenClassificationOptions } from "./token-classification.js";
export type { Pipeline, PipelineTask } from "./text-pipeline.js";
export { AutoTokenizer } from "./tokenizers.js";
