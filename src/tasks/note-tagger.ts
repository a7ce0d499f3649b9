/** @file A tagger of notes that reads them as its model learned to read: the part that Node and a browser share. */
import type { Pipeline, TokenClassificationOptions, TokenClassificationResult } from "../pipelines/index.js";
import { classifyNotes, type SentenceReading } from "./sentence-reading.js";

export interface NoteTagger {
  /** The entities of each text in order, with places in UTF-16 units; `aggregation_strategy` is `first` by default. */
  tag(texts: readonly string[], options?: TokenClassificationOptions): Promise<TokenClassificationResult[][]>;
  dispose(): Promise<void>;
}

/** Owns the pipeline that it is given, also where `readingOf` fails. */
export async function createNoteTagger(
  loaded: Pipeline<"token-classification">,
  readingOf: () => Promise<SentenceReading | null>,
): Promise<NoteTagger> {
  try {
    const reading = await readingOf();
    return {
      tag: (texts, options = {}) =>
        classifyNotes(loaded.tokenizer, loaded.model, texts, reading, {
          aggregation_strategy: "first",
          ...options,
        }),
      dispose: () => loaded.dispose(),
    };
  } catch (error) {
    await loaded.dispose();
    throw error;
  }
}
