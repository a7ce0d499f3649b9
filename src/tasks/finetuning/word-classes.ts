/** @file The classes that a tagger is trained in. */
import type { TagScheme } from "../tags.js";

/** Schemes that a model is trained in. */
export type TrainedScheme = Extract<TagScheme, "iob2" | "bioes">;
export const TRAINED_SCHEMES: readonly TrainedScheme[] = ["iob2", "bioes"];

export const OUTSIDE = "O";

/** `O`, then the tags of every entity type in order. */
export function tagsOf(types: readonly string[], scheme: TrainedScheme): string[] {
  const prefixes = scheme === "iob2" ? ["B", "I"] : ["B", "I", "E", "S"];
  return [OUTSIDE, ...types.flatMap((type) => prefixes.map((prefix) => `${prefix}-${type}`))];
}
