/** @file What a run knows of its past, from its log: updates, epochs, the best epoch, processor time; and when patience is over. */
import { readStepLog } from "../../training/step-log.js";
import type { FinetuneRecipe } from "./recipe.js";

/** A line of `metrics.jsonl` after an update. */
export interface FinetuneStep {
  /** Updates done, from 1. */
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  readonly learning_rate: number;
  readonly gradient_norm: number;
  readonly tokens_per_second: number;
  /** Processor time of the whole run so far. */
  readonly processor_seconds: number;
}

/** A line of `metrics.jsonl` after an epoch. */
export interface FinetuneEpoch {
  readonly step: number;
  readonly epoch: number;
  readonly dev_score: number | null;
  readonly processor_seconds: number;
}

/** What the run knows of its past; changes as it goes on. */
export interface History {
  step: number;
  /** Epochs that are through, and the one with the best score on the development set. */
  epochs: number;
  best: { readonly epoch: number; readonly score: number } | null;
  processorSeconds: number;
}

/** Reads the log at `path`; a run without one has no past. */
export function openHistory(path: string): History {
  const history: History = { step: 0, epochs: 0, best: null, processorSeconds: 0 };
  for (const line of readStepLog<FinetuneStep | FinetuneEpoch>(path)) {
    history.step = line.step;
    history.processorSeconds = line.processor_seconds;
    if ("dev_score" in line) noteEpoch(history, line.epoch, line.dev_score);
  }
  return history;
}

/** True when the epoch is the best so far. */
export function noteEpoch(history: History, epoch: number, score: number | null): boolean {
  history.epochs = epoch;
  if (score === null || (history.best !== null && score <= history.best.score)) return false;
  history.best = { epoch, score };
  return true;
}

export function patienceIsOver({ select, patience }: FinetuneRecipe, { epochs, best }: History): boolean {
  return select === "dev" && best !== null && epochs - best.epoch >= patience;
}

/** Processor seconds of this process since now, after `before`. */
export function startClock(before: number): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return before + (user + system) / 1e6;
  };
}
