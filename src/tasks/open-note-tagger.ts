/** @file Opens a tagger of notes from a folder, file, archive or hub id. */
import { resolveModel } from "../checkpoint/resolve-model.js";
import { type PretrainedModelOptions, pipeline } from "../pipelines/index.js";
import { createNoteTagger, type NoteTagger } from "./note-tagger.js";
import { readModelShapeFile } from "./read-model-shape.js";
import { sentenceReading } from "./sentence-reading.js";

/**
 * Loads tokenizer and model of `source` (folder, file, archive or hub id). A model of `finetune ner` gets notes sentence by sentence,
 * as it was trained; one of others in overlapping windows, which is what `pipeline("token-classification")` does with every
 * model. Throws what loading throws.
 */
export async function openNoteTagger(
  source: string,
  options: PretrainedModelOptions = {},
): Promise<NoteTagger> {
  return createNoteTagger(await pipeline("token-classification", source, options), async () => {
    const offline = options.local_files_only === true ? { offline: true } : {};
    const { folder } = await resolveModel(source, offline, false);
    return sentenceReading(await readModelShapeFile(folder));
  });
}
