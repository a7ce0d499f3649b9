/** @file A tiny pretraining job for tests of the loop: a two-layer BERT and random instances of ragged lengths. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BERT_BASE, type BertConfig, writeBertConfig } from "../../src/bert/index.js";
import type { PretrainingInstance } from "../../src/instances/instance.js";
import { createNativeFile } from "../../src/instances/native-file.js";
import { createWords } from "../../src/util/counter-random.js";

export const SMALL_CONFIG: BertConfig = {
  ...BERT_BASE,
  vocabSize: 211,
  hiddenSize: 16,
  layerCount: 2,
  headCount: 2,
  intermediateSize: 32,
  maxPositions: 24,
};
export const SMALL_WIDTHS = { maxLength: 24, maxPredictions: 4, vocabularySize: SMALL_CONFIG.vocabSize };

/** Instances with 1 to 4 predictions and 8 to 24 tokens; a function of `seed`. */
export function randomInstances(count: number, seed: number): PretrainingInstance[] {
  const word = createWords(99, seed, [0, 0, 0]);
  const below = (n: number): number => word() % n;
  return Array.from({ length: count }, () => {
    const length = 8 + below(SMALL_WIDTHS.maxLength - 7);
    const split = 3 + below(length - 5);
    const positions = [...new Set(Array.from({ length: 1 + below(4) }, () => 1 + below(length - 2)))].sort(
      (a, b) => a - b,
    );
    return {
      ids: Int32Array.from({ length }, () => 1 + below(SMALL_CONFIG.vocabSize - 1)),
      segmentIds: Uint8Array.from({ length }, (_, at) => (at < split ? 0 : 1)),
      maskedPositions: Int32Array.from(positions),
      maskedIds: Int32Array.from(positions, () => below(SMALL_CONFIG.vocabSize)),
      isRandomNext: below(2) === 1,
    };
  });
}

export interface SmallJob {
  readonly config: string;
  readonly instances: string;
  /** A second file to train on, and one to evaluate on. */
  readonly more: string;
  readonly heldOut: string;
}

/** Writes `config.json`, `train.instances`, `more.instances` and `held-out.instances` into `folder`. */
export async function writeSmallJob(folder: string, count = 100): Promise<SmallJob> {
  const config = join(folder, "config.json");
  await writeFile(config, JSON.stringify(writeBertConfig(SMALL_CONFIG, "BertForPreTraining")));
  const write = async (name: string, size: number, seed: number): Promise<string> => {
    const path = join(folder, `${name}.instances`);
    const sink = await createNativeFile(path, SMALL_WIDTHS);
    for (const instance of randomInstances(size, seed)) await sink.write(instance);
    await sink.commit();
    return path;
  };
  return {
    config,
    instances: await write("train", count, 5),
    more: await write("more", 37, 6),
    heldOut: await write("held-out", 50, 7),
  };
}
