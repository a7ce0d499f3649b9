/** @file What the parts of a fine-tuning run share: the run, what it tells, what comes out of it. Type definitions only. */
import type { BertConfig } from "../../bert/config.js";
import type { Runtime } from "../../runtime/runtime.js";
import type { WordPieceTokenizer } from "../../tokens/wordpiece-tokenizer.js";
import type { TrainingState } from "../../training/trained-graph.js";
import type { TrainingEnvironment } from "../../training/training-environment.js";
import type { StoppableHooks } from "../../util/stoppable-worker.js";
import type { PlannedBatch } from "./batch-plan.js";
import type { FinetuneStep } from "./history.js";
import type { TaskParts } from "./parts.js";
import type { FinetuneRecipe } from "./recipe.js";
import type { FinetunePaths } from "./run-files.js";
import type { Scores } from "./scores.js";

/** What a run tells while it works; plain data, so that it can cross threads. Never text of a note. */
export type FinetuneEvent =
  | {
      readonly kind: "started";
      readonly step: number;
      readonly steps: number;
      readonly parameters: number;
      readonly notices: readonly string[];
    }
  | { readonly kind: "step"; readonly metrics: FinetuneStep }
  | { readonly kind: "epoch"; readonly epoch: number; readonly metric: string; readonly score: number };

export interface FinetuneResult {
  readonly metric: "f1" | "accuracy";
  readonly steps: number;
  /** Epoch whose weights were kept, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly dev: Scores | null;
  readonly test: Scores | null;
  readonly processorSeconds: number;
  /** Examples of each part, and features (windows) of the training part. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface FinetuneOutcome {
  /** False when it was stopped; the same job continues it. */
  readonly finished: boolean;
  readonly step: number;
  /** Hugging Face folder of the trained model; null until finished. */
  readonly model: string | null;
  readonly result: FinetuneResult | null;
}

export interface Run {
  readonly recipe: FinetuneRecipe;
  readonly config: BertConfig;
  readonly tokenizer: WordPieceTokenizer;
  readonly paths: FinetunePaths;
  readonly parts: TaskParts;
  readonly batches: readonly PlannedBatch[];
  readonly runtime: Runtime;
  readonly state: TrainingState;
  readonly environment: TrainingEnvironment;
  readonly hooks: StoppableHooks<FinetuneEvent>;
}
