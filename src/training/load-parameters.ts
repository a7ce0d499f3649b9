/** @file Fills a parameter vector from published weights of any format; what they lack is initialised and named. */
import type { BertConfig } from "../bert/config.js";
import { asFloat32 } from "../checkpoint/float32.js";
import { canonicalTensors, mapNames } from "../checkpoint/names/canonical.js";
import { openWeights } from "../checkpoint/open-weights.js";
import { ClinicalBertError } from "../errors.js";
import { initializeParameters, type ParameterVector } from "./parameter-vector.js";

export interface LoadReport {
  /** Canonical names that the file does not have and that got fresh values (BioBERT v1.0: the masked-LM head). */
  readonly initialized: readonly string[];
  /** Names of the file that no parameter of this model uses. */
  readonly unused: readonly string[];
}

/**
 * Reads the weights at `path` into `vector`. Head parameters may be missing and are then drawn from `seed`; a missing
 * encoder parameter or another shape is an error (`TRAINING_INIT`): it means the configuration is of another model.
 */
export async function loadParameters(
  vector: ParameterVector,
  path: string,
  config: BertConfig,
  seed: number,
): Promise<LoadReport> {
  const weights = await openWeights(path);
  try {
    const names = mapNames(weights);
    const source = canonicalTensors(weights, names.parameters);
    const available = new Map(source.tensors.map((info) => [info.name, info]));
    const missing = vector.table.filter(({ name }) => !available.has(name)).map(({ name }) => name);
    const essential = missing.find((name) => name.startsWith("bert.") && !name.startsWith("bert.pooler."));
    if (essential !== undefined) throw refuse(path, essential, "is not among the weights");
    initializeParameters(vector, config.initializerRange, seed);
    for (const { name, shape } of vector.table) {
      const info = available.get(name);
      if (info === undefined) continue;
      if (info.dims.join() !== shape.join())
        throw refuse(
          path,
          name,
          `is [${info.dims.join(", ")}] there; the configuration says [${shape.join(", ")}]`,
        );
      (vector.tensors.get(name)!.data as Float32Array).set(asFloat32(await source.read(name), name).data);
    }
    const known = new Set(vector.table.map(({ name }) => name));
    const unused = names.parameters
      .filter(({ name }) => !known.has(name))
      .map(({ source: original }) => original);
    return { initialized: missing, unused: [...unused, ...names.unknown] };
  } finally {
    await weights.close();
  }
}

function refuse(path: string, name: string, why: string): ClinicalBertError {
  return new ClinicalBertError("TRAINING_INIT", `${path}: the parameter ${name} ${why}.`, {
    details: { path, parameter: name },
  });
}
