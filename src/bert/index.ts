export {
  BERT_BASE,
  type BertConfig,
  type HiddenActivation,
  readBertConfig,
  writeBertConfig,
} from "./config.js";
export {
  type BertHead,
  PRETRAINING_HEADS,
  type ParameterSpec,
  parameterTable,
  TIED_PARAMETERS,
} from "./parameters.js";
