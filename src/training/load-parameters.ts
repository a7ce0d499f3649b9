/** @file Fills a parameter vector from a published model; heads that it lacks are initialised and named. */
import type { BertConfig } from "../bert/config.js";
import { type BertHead, PRETRAINING_HEADS } from "../bert/parameters.js";
import { openModel } from "../checkpoint/open-model.js";
import { initializeParameters, type ParameterVector } from "./parameter-vector.js";

export interface LoadReport {
  /** Canonical names that the model does not have and that got fresh values (BioBERT v1.0: the masked-LM head). */
  readonly initialized: readonly string[];
  /** For people: what else is to be known of the model. */
  readonly notices: readonly string[];
}

/**
 * Reads the model at `source` (anything that `openModel` takes) into `vector`, which has the layout of `config`: the encoder
 * and, of `heads`, those that are there as a whole. Everything else is drawn from `seed`. Throws what `openModel` throws, and
 * `MODEL_INCOMPLETE` where an encoder parameter is missing or has another shape.
 */
export async function loadParameters(
  vector: ParameterVector,
  source: string,
  config: BertConfig,
  seed: number,
  heads: readonly BertHead[] = PRETRAINING_HEADS,
): Promise<LoadReport> {
  const model = await openModel(source);
  try {
    const parameters = await model.readParameters(heads.filter((head) => model.heads.has(head)));
    initializeParameters(vector, config.initializerRange, seed, (name) => !parameters.has(name));
    for (const [name, { data }] of parameters) (vector.tensors.get(name)!.data as Float32Array).set(data);
    const initialized = vector.table.map(({ name }) => name).filter((name) => !parameters.has(name));
    return { initialized, notices: model.notices };
  } finally {
    await model.close();
  }
}
