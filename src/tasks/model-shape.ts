/** @file What the trainer writes beside its model: task, classes, length. Its text comes from a folder or, in a browser, from an address. */
import { parseConfigJson } from "../checkpoint/assemble-model.js";
import type { TaskShape } from "./finetuning/parts.js";

/** Throws `BERT_CONFIG` for a file that holds no JSON object. */
export function parseModelShape(text: string, path: string): Partial<TaskShape> {
  return parseConfigJson(text, path);
}
