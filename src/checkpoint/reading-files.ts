/** @file Files beside a model that say how it reads texts. Whoever moves a model takes them along, or it reads otherwise than it learned to. */

/** Of a model of `finetune`: task, classes, length of a sentence. */
export const MODEL_SHAPE_FILE = "finetuning.json";

/** The others are of sentence-transformers: how vectors are pooled, and from how many tokens. */
export const READING_FILES = [
  MODEL_SHAPE_FILE,
  "1_Pooling/config.json",
  "sentence_bert_config.json",
] as const;
