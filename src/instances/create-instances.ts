/** @file All instances of a corpus that fits in memory, as create_pretraining_data.py gives them for the same seed. */

import { CONTINUATION_PREFIX } from "../tokens/piece-trie.js";
import type { WordPieceTokenizer } from "../tokens/wordpiece-tokenizer.js";
import { Mt19937 } from "../util/mt19937.js";
import type { PretrainingInstance } from "./instance.js";
import { InstanceMaker } from "./instance-maker.js";
import { decodeRecord, eachRecord, idBytesFor } from "./instance-record.js";
import type { MaskingVocabulary } from "./masking.js";
import { type InstanceSettings, resolveSettings } from "./settings.js";
import { emptyStatistics } from "./statistics.js";
import { documentCount, MemoryTokenStore } from "./token-store.js";
import { tokenizeCorpus } from "./tokenize-corpus.js";

/** Instances of `files` in the script's order. For corpora beyond some hundred megabytes use `writeInstances`. */
export async function createInstances(
  files: readonly string[],
  tokenizer: WordPieceTokenizer,
  settings: Partial<InstanceSettings> = {},
): Promise<PretrainingInstance[]> {
  const all = resolveSettings(settings);
  const idBytes = idBytesFor(tokenizer.vocabulary.tokens.length);
  const taker = new MemoryTokenStore(idBytes);
  const { specials } = await tokenizeCorpus(files, tokenizer, taker);
  const store = taker.finish();
  const random = new Mt19937(all.seed);
  const documents = shuffledDocuments(documentCount(store.documents), random);
  const vocabulary = maskingVocabularyOf(tokenizer);
  const maker = new InstanceMaker({ store, documents, settings: all, vocabulary, plain: specials === 0 });
  const statistics = emptyStatistics(all.maxLength);
  const instances: PretrainingInstance[] = [];
  for (let pass = 0; pass < all.dupeFactor; pass++)
    for (const records of maker.records(0, documents.length, random, statistics))
      for (const record of eachRecord(records, idBytes)) instances.push(decodeRecord(record, idBytes)!);
  const order = Uint32Array.from(instances.keys());
  random.shuffle(order, order.length);
  return Array.from(order, (index) => instances[index]!);
}

/** Document numbers in the order of `rng.shuffle(all_documents)`. */
export function shuffledDocuments(count: number, random: Mt19937): Uint32Array {
  const documents = new Uint32Array(count);
  for (let document = 0; document < count; document++) documents[document] = document;
  random.shuffle(documents, count);
  return documents;
}

export function maskingVocabularyOf(tokenizer: WordPieceTokenizer): MaskingVocabulary {
  const { tokens } = tokenizer.vocabulary;
  return {
    size: tokens.length,
    classificationId: tokenizer.classificationId,
    separatorId: tokenizer.separatorId,
    maskId: tokenizer.maskId,
    continues: Uint8Array.from(tokens, (token) => (token.startsWith(CONTINUATION_PREFIX) ? 1 : 0)),
  };
}
