/** @file Batches as the published recipe makes them of notes: ragged, short sequences included. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatCorpus } from "../src/corpus/format-corpus.js";
import { createInstances } from "../src/instances/create-instances.js";
import type { PretrainingInstance } from "../src/instances/instance.js";
import { synthesizeNotes } from "../src/notes/synthesize/index.js";
import { createSectionSplitter } from "../src/sections/splitter.js";
import { createRuleSentenceSplitter } from "../src/sentences/rule-splitter.js";
import { loadVocabulary } from "../src/tokens/vocabulary.js";
import { WordPieceTokenizer } from "../src/tokens/wordpiece-tokenizer.js";

const NOTES = 2000;

export interface PublishedShape {
  readonly batchSize: number;
  readonly maxLength: number;
  readonly maxPredictions: number;
}

/**
 * The first `count` batches of the shuffled instances of synthetic notes of MIMIC's four kinds, cased vocabulary of BERT-base (below `data`), dup factor 5,
 * short sequences with probability 0.1; and the share of padding among all instances.
 */
export async function publishedBatches(
  data: string,
  count: number,
  { batchSize, maxLength, maxPredictions }: PublishedShape,
): Promise<{ batches: PretrainingInstance[][]; padding: number }> {
  const vocabulary = loadVocabulary(
    readFileSync(join(data, "bert-vocab", "bert-base-cased", "vocab.txt"), "utf8"),
  );
  const tokenizer = new WordPieceTokenizer(vocabulary, { dialect: "google", lowercase: false });
  const folder = mkdtempSync(join(tmpdir(), "clinicalbert-batches-"));
  try {
    await formatCorpus(synthesizeNotes({ seed: 1, count: NOTES }), {
      out: join(folder, "corpus"),
      sections: createSectionSplitter("corrected"),
      sentences: createRuleSentenceSplitter(),
      byCategory: false,
    });
    const options = { seed: 1, dupeFactor: 5, maxLength, maxPredictions };
    const instances = await createInstances([join(folder, "corpus", "notes.txt")], tokenizer, options);
    const tokens = instances.reduce((sum, { ids }) => sum + ids.length, 0);
    const batches = Array.from({ length: count }, (_, batch) =>
      instances.slice(batch * batchSize, (batch + 1) * batchSize),
    );
    return { batches, padding: 1 - tokens / (instances.length * maxLength) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
