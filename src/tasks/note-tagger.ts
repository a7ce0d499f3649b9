/** @file A tagger of notes that reads them as its model learned to read. */
import { resolveModel } from "../checkpoint/resolve-model.js";
import {
  type PretrainedModelOptions,
  pipeline,
  type TokenClassificationOptions,
  type TokenClassificationResult,
} from "../pipelines/index.js";
import { classifyNotes, readSentenceReading } from "./sentence-reading.js";

export interface NoteTagger {
  /** The entities of each text in order, with places in UTF-16 units; `aggregation_strategy` is `first` by default. */
  tag(texts: readonly string[], options?: TokenClassificationOptions): Promise<TokenClassificationResult[][]>;
  dispose(): Promise<void>;
}

/**
 * Loads tokenizer and model of `source` (folder, file, archive or hub id). A model of `finetune ner` gets notes sentence by sentence,
 * as it was trained; one of others in overlapping windows, which is what `pipeline("token-classification")` does with every
 * model. Throws what loading throws.
 */
export async function openNoteTagger(
  source: string,
  options: PretrainedModelOptions = {},
): Promise<NoteTagger> {
  const loaded = await pipeline("token-classification", source, options);
  try {
    const { folder } = await resolveModel(
      source,
      options.local_files_only === true ? { offline: true } : {},
      false,
    );
    const reading = await readSentenceReading(folder);
    return {
      tag: (texts, given = {}) =>
        classifyNotes(loaded.tokenizer, loaded.model, texts, reading, {
          aggregation_strategy: "first",
          ...given,
        }),
      dispose: () => loaded.dispose(),
    };
  } catch (error) {
    await loaded.dispose();
    throw error;
  }
}
