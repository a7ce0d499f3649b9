/** @file Every answer that the text thread can make, by name. A body has passed the schema of its route. */
import { attention } from "./attention.js";
import { predict, textClassification } from "./classify.js";
import type { Answer } from "./context.js";
import { deidentify } from "./deidentify.js";
import { embed, openAiEmbeddings } from "./embed.js";
import { fillMask } from "./fill-mask.js";
import { sections, sentences } from "./sections.js";
import { tokenClassification } from "./token-classification.js";
import { tokenize } from "./tokenize.js";

const TABLE = {
  attention,
  deidentify,
  embed,
  fillMask,
  openAiEmbeddings,
  predict,
  sections,
  sentences,
  textClassification,
  tokenClassification,
  tokenize,
} as const;

export type AnswerName = keyof typeof TABLE;

export const ANSWERS: Readonly<Record<AnswerName, Answer<never>>> = TABLE;
