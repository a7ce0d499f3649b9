/** @file The settings of instance creation, with the flags and defaults of create_pretraining_data.py:51–80. */
import { ClinicalBertError } from "../errors.js";

/** `exact`: the script's own draws, one thread. `parallel`: a generator for each shard, any number of threads. */
export type InstanceMode = "exact" | "parallel";

export interface InstanceSettings {
  /** `--seed`. Default 12345. */
  readonly seed: number | bigint;
  /** `--dupe-factor`: passes over the corpus, each with other segments and masks. Default 10. */
  readonly dupeFactor: number;
  /** `--max-length`: tokens of an instance, special tokens included. Default 128. */
  readonly maxLength: number;
  /** `--max-predictions`: masked positions of an instance. Default 20. */
  readonly maxPredictions: number;
  /** `--short-sequence-probability`. Default 0.1. */
  readonly shortSequenceProbability: number;
  /** `--masked-share` of the tokens. Default 0.15. */
  readonly maskedShare: number;
  /** `--whole-word`: all pieces of a word are masked together. Default false. */
  readonly wholeWord: boolean;
}

export const DEFAULT_INSTANCE_SETTINGS: InstanceSettings = {
  seed: 12345,
  dupeFactor: 10,
  maxLength: 128,
  maxPredictions: 20,
  shortSequenceProbability: 0.1,
  maskedShare: 0.15,
  wholeWord: false,
};

/** Positions and lengths are stored in 16 bits. */
const MAX_LENGTH = 65535;

/** `settings` over the defaults. @throws `INSTANCE_SETTINGS_INVALID` naming the flag and its range */
export function resolveSettings(settings: Partial<InstanceSettings>): InstanceSettings {
  const all = { ...DEFAULT_INSTANCE_SETTINGS, ...settings };
  requireRange("--dupe-factor", all.dupeFactor, 1, 10_000);
  // Two tokens, [CLS] and two [SEP] are the least that the script can make (randint(2, max_length − 3)).
  requireRange("--max-length", all.maxLength, 5, MAX_LENGTH);
  requireRange("--max-predictions", all.maxPredictions, 1, MAX_LENGTH);
  requireShare("--short-sequence-probability", all.shortSequenceProbability);
  requireShare("--masked-share", all.maskedShare);
  if (typeof all.seed === "number" && !Number.isSafeInteger(all.seed))
    throw invalid(`--seed ${all.seed} is not a whole number.`);
  return all;
}

function requireRange(flag: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high)
    throw invalid(`${flag} ${value} is not a whole number from ${low} to ${high}.`);
}

function requireShare(flag: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw invalid(`${flag} ${value} is not a number from 0 to 1.`);
}

function invalid(message: string): ClinicalBertError {
  return new ClinicalBertError("INSTANCE_SETTINGS_INVALID", message);
}
