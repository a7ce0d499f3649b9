/** @file What a model found in examples, as examples: for writers and scorers. */
import type { Entity, EntityExample } from "../example.js";

/** The examples with the entities of the predictions, paired by their order; `predictions` has one for each. */
export function predictedExamples(
  examples: readonly EntityExample[],
  predictions: readonly { readonly entities: readonly Entity[] }[],
): EntityExample[] {
  return examples.map((example, index) => ({ ...example, entities: predictions[index]!.entities }));
}
