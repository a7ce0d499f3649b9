/** @file `pipeline(task, model)` on Node. */
import * as models from "./models.js";
import type { PretrainedModelOptions } from "./options.js";
import { loadPipeline, type Pipeline, type TaskName, type TaskOf } from "./text-pipeline.js";
import { AutoTokenizer } from "./tokenizers.js";

/**
 * Loads tokenizer and model of `source` (folder, file, archive or hub id) for a task. There is no default model.
 * Texts of a list run sorted by length in batches with little padding, and come back in order.
 */
export function pipeline<N extends TaskName>(
  task: N,
  source: string,
  options: PretrainedModelOptions = {},
): Promise<Pipeline<TaskOf<N>>> {
  return loadPipeline({ ...models, AutoTokenizer }, task, source, options);
}
