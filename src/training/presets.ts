/** @file The four published pretrainings as data: every value with the place that it is from. */
import { ClinicalBertError } from "../errors.js";
import type { InstanceOrder } from "./recipe.js";

/** What a run from notes to a model is decided by, beside its notes, its start and its machine. */
export interface RunValues {
  /** Updates in all; 0: not said. */
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly dropout: number;
  /** Form of gelu; `model`: what the configuration of the weights says. */
  readonly gelu: "erf" | "tanh" | "model";
  readonly order: InstanceOrder;
  readonly seed: number;
  readonly maxLength: number;
  readonly maxPredictions: number;
  readonly dupeFactor: number;
  readonly maskedShare: number;
  readonly shortSequenceProbability: number;
  /** Categories of notes that are trained on; none means all. */
  readonly categories: readonly string[];
  /** One patient of this many is held out. */
  readonly holdOutOneOf: number;
  /** Held-out instances that an evaluation takes at most. */
  readonly evaluateSequences: number;
  /** Steps between evaluations; 0: at the end alone. */
  readonly evaluateEvery: number;
  readonly checkpointEvery: number;
  readonly keepCheckpoints: number;
}

export interface Sourced<T> {
  readonly value: T;
  readonly source: string;
}

type SourcedValues = { readonly [Key in keyof RunValues]: Sourced<RunValues[Key]> };

export interface Preset {
  /** What is made, and from which weights. */
  readonly summary: string;
  readonly start: string;
  readonly values: Partial<SourcedValues>;
}

export const PRESET_NAMES = [
  "clinical-bert",
  "discharge-summary-bert",
  "bio-clinical-bert",
  "bio-discharge-summary-bert",
] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

const CARD = "model card of Bio_ClinicalBERT, and the paper (Alsentzer et al., 2019)";
const SCRIPT = "clinicalBERT lm_pretraining/finetune_lm_tf.sh";
const DATA_SCRIPT = "clinicalBERT lm_pretraining/create_pretrain_data.sh";
const GOOGLE_DATA = "google-research/bert create_pretraining_data.py";
const OURS = "default of this package";

function from<T>(source: string, value: T): Sourced<T> {
  return { value, source };
}

const PUBLISHED: Preset["values"] = {
  batchSize: from(CARD, 32),
  learningRate: from(CARD, 5e-5),
  warmupSteps: from(`${SCRIPT}:14 (the card does not say)`, 10_000),
  dropout: from("bert_config.json of BERT-Base and BioBERT", 0.1),
  gelu: from('config.json of Bio_ClinicalBERT: "gelu", which is the erf form', "erf"),
  order: from(
    "google-research/bert run_pretraining.py:354–385: four files in turn, a buffer of 100",
    "interleaved",
  ),
  seed: from(`${GOOGLE_DATA}, and ${DATA_SCRIPT}`, 12345),
  maxLength: from(CARD, 128),
  maxPredictions: from(
    `${CARD}; ${DATA_SCRIPT} has 22, ${SCRIPT}:30 has 20, and Google's reader wants both equal`,
    20,
  ),
  dupeFactor: from(CARD, 5),
  maskedShare: from(CARD, 0.15),
  shortSequenceProbability: from(`default of ${GOOGLE_DATA}`, 0.1),
  checkpointEvery: from("google-research/bert run_pretraining.py, save_checkpoints_steps", 1000),
};

const ALL_NOTES = from<readonly string[]>("paper: all note types of MIMIC-III", []);
const DISCHARGE = from<readonly string[]>("paper: discharge summaries of MIMIC-III", ["Discharge summary"]);
const ALL_STEPS = from(`${CARD}; the README of clinicalBERT: checkpoint 150000`, 150_000);
const DISCHARGE_STEPS = from(`${SCRIPT}:13; the README of clinicalBERT: checkpoint 100000`, 100_000);
const BERT_START = "BERT-Base, Cased (cased_L-12_H-768_A-12)";
const BIOBERT_START = "BioBERT v1.0 (+ PubMed 200K + PMC 270K)";

export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  "clinical-bert": {
    summary: "Clinical BERT: all notes",
    start: BERT_START,
    values: { ...PUBLISHED, steps: ALL_STEPS, categories: ALL_NOTES },
  },
  "discharge-summary-bert": {
    summary: "Discharge Summary BERT: discharge summaries",
    start: BERT_START,
    values: { ...PUBLISHED, steps: DISCHARGE_STEPS, categories: DISCHARGE },
  },
  "bio-clinical-bert": {
    summary: "Bio+Clinical BERT: all notes",
    start: BIOBERT_START,
    values: { ...PUBLISHED, steps: ALL_STEPS, categories: ALL_NOTES },
  },
  "bio-discharge-summary-bert": {
    summary: "Bio+Discharge Summary BERT: discharge summaries",
    start: BIOBERT_START,
    values: { ...PUBLISHED, steps: DISCHARGE_STEPS, categories: DISCHARGE },
  },
};

/** What holds where neither a preset nor the caller says anything. */
const DEFAULTS: SourcedValues = {
  steps: from("nowhere", 0),
  batchSize: from(OURS, 32),
  learningRate: from(OURS, 5e-5),
  warmupSteps: from(OURS, 10_000),
  dropout: from(OURS, 0.1),
  gelu: from("configuration of the weights", "model"),
  order: from(OURS, "file"),
  seed: from(OURS, 12345),
  maxLength: from(OURS, 128),
  maxPredictions: from(OURS, 20),
  dupeFactor: from(OURS, 5),
  maskedShare: from(OURS, 0.15),
  shortSequenceProbability: from(OURS, 0.1),
  categories: from(OURS, []),
  holdOutOneOf: from(`${OURS} (the published script evaluates on its training files)`, 20),
  evaluateSequences: from(OURS, 1000),
  evaluateEvery: from(OURS, 5000),
  checkpointEvery: from(OURS, 1000),
  keepCheckpoints: from(OURS, 2),
};

export interface ResolvedValues {
  readonly values: RunValues;
  /** Where each value is from. */
  readonly origins: Readonly<Record<keyof RunValues, string>>;
}

/** Fills in what `given` leaves open: from the preset, then from the defaults. Throws `TRAINING_RECIPE` where nothing says `steps`. */
export function resolveValues(preset: PresetName | null, given: Partial<RunValues>): ResolvedValues {
  const named = preset === null ? {} : PRESETS[preset].values;
  const keys = Object.keys(DEFAULTS) as (keyof RunValues)[];
  const sourced = keys.map((key): readonly [keyof RunValues, Sourced<RunValues[keyof RunValues]>] => {
    const published = named[key];
    if (given[key] === undefined) return [key, published ?? DEFAULTS[key]];
    const instead = published === undefined ? "" : `; the preset has ${String(published.value)}`;
    return [key, from(`given${instead}`, given[key])];
  });
  const pick = <T>(part: (value: Sourced<RunValues[keyof RunValues]>) => T): Record<string, T> =>
    Object.fromEntries(sourced.map(([key, value]) => [key, part(value)]));
  const values = pick(({ value }) => value) as unknown as RunValues;
  if (values.steps === 0)
    throw new ClinicalBertError("TRAINING_RECIPE", "Nothing says how many steps the run has.", {
      remedy: "Give --steps, or a --preset.",
    });
  return { values, origins: pick(({ source }) => source) as ResolvedValues["origins"] };
}
