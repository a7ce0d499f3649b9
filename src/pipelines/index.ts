export {
  AGGREGATION_STRATEGIES,
  type AggregationStrategy,
  type TokenClassificationResult,
} from "./aggregate-entities.js";
export { AutoConfig, type PretrainedConfig } from "./auto-config.js";
export type { FeatureExtractionOptions } from "./feature-extraction.js";
export type { FillMaskOptions, FillMaskResult } from "./fill-mask.js";
export {
  AutoModel,
  AutoModelForMaskedLM,
  AutoModelForNextSentencePrediction,
  AutoModelForPreTraining,
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
  type ModelInputs,
  type ModelOutputs,
  PreTrainedModel,
} from "./models.js";
export type { ModelDtype, PretrainedModelOptions, PretrainedOptions, ProgressInfo } from "./options.js";
export { type Pipeline, type PipelineTask, pipeline } from "./pipeline.js";
export {
  type ModelRow,
  POOLINGS,
  type Pooling,
  type Reading,
  type RowModel,
  type RowOptions,
} from "./rows.js";
export type { TextClassificationOptions, TextClassificationResult } from "./text-classification.js";
export type { TokenClassificationOptions } from "./token-classification.js";
export {
  AutoTokenizer,
  type BatchEncoding,
  PreTrainedTokenizer,
  type TokenizerCallOptions,
} from "./tokenizers.js";
