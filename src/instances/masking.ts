/** @file What masking is told: of the vocabulary, and how many tokens (create_pretraining_data.py:335–415). The draws are in the kernel. */
import type { InstanceSettings } from "./settings.js";

/** What masking needs to know of the vocabulary. */
export interface MaskingVocabulary {
  readonly size: number;
  readonly classificationId: number;
  readonly separatorId: number;
  readonly maskId: number;
  /** uint8[V]: 1 for a token that begins with `##`. */
  readonly continues: Uint8Array;
}

/** How many tokens of an instance of `length` are masked at most. */
export function maskedTokens(length: number, { maxPredictions, maskedShare }: InstanceSettings): number {
  return Math.min(maxPredictions, Math.max(1, roundHalfEven(length * maskedShare)));
}

/** Half to even, as `round()` of Python 3 has it. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const part = value - floor;
  return part < 0.5 || (part === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}
