export {
  BERT_BASE,
  type BertConfig,
  type HiddenActivation,
  readBertConfig,
  writeBertConfig,
} from "./config.js";
export {
  type BertInputs,
  type BertScope,
  bertScope,
  type EncoderOutputs,
  encoder,
  pooler,
} from "./encoder.js";
export {
  maskedLmHead,
  nextSentenceHead,
  sequenceClassificationHead,
  tokenClassificationHead,
} from "./heads.js";
export { type InferenceGraphOptions, inferenceGraph } from "./inference-graph.js";
export {
  type BertHead,
  type ParameterSpec,
  PRETRAINING_HEADS,
  parameterTable,
  TIED_PARAMETERS,
} from "./parameters.js";
