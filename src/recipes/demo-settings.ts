/** @file The sizes of the demonstration: what a small BERT learns in two minutes on two cores. */
import { BERT_BASE, type BertConfig } from "../bert/config.js";

export interface DemoSettings {
  /** Synthetic notes to train on, and of other patients in other words to judge by. */
  readonly trainingNotes: number;
  readonly heldOutNotes: number;
  /** Diagnoses of the synthetic patients. */
  readonly topics: number;
  readonly vocabularySize: number;
  /** Different patients that a learned word piece needs. */
  readonly minPatients: number;
  /** S and P of an instance. */
  readonly maxLength: number;
  readonly maxPredictions: number;
  /** Passes over real notes; synthetic ones are plenty, so one. */
  readonly realDupeFactor: number;
  /** Held-out pairs that are judged. */
  readonly heldOutInstances: number;
  readonly hiddenSize: number;
  readonly layerCount: number;
  readonly headCount: number;
  readonly initializerRange: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly warmupSteps: number;
}

export const DEMO_SETTINGS: DemoSettings = {
  trainingNotes: 11_500,
  heldOutNotes: 1_400,
  topics: 8,
  vocabularySize: 2_000,
  minPatients: 3,
  maxLength: 48,
  maxPredictions: 7,
  realDupeFactor: 5,
  heldOutInstances: 2_000,
  hiddenSize: 128,
  layerCount: 2,
  headCount: 4,
  initializerRange: 0.05,
  steps: 1800,
  batchSize: 32,
  learningRate: 5e-4,
  warmupSteps: 220,
};

/** The model of the demonstration. No dropout: it sees every instance about once. */
export function demoConfig(settings: DemoSettings, vocabularySize: number): BertConfig {
  return {
    ...BERT_BASE,
    vocabSize: vocabularySize,
    hiddenSize: settings.hiddenSize,
    layerCount: settings.layerCount,
    headCount: settings.headCount,
    intermediateSize: 4 * settings.hiddenSize,
    hiddenDropout: 0,
    attentionDropout: 0,
    maxPositions: settings.maxLength,
    initializerRange: settings.initializerRange,
  };
}
