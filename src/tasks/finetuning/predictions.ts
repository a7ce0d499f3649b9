/** @file Answers of the model back on the text: entities with offsets, labels with probabilities. */
import { softmax } from "../../pipelines/scores.js";
import type { Entity, EntityExample, LabelExample } from "../example.js";
import { decodeTags } from "../tags.js";
import { chunksToEntities } from "../word-chunks.js";
import type { Answer } from "./answer-features.js";
import type { EntityFeatures } from "./entity-features.js";
import { PADDING_CLASS } from "./entity-features.js";
import type { Feature } from "./feature.js";
import type { FinetuneQuirks } from "./recipe.js";
import { OUTSIDE } from "./word-classes.js";

/** The entities that a model finds in one example. */
export interface EntityPrediction {
  readonly id: string;
  readonly entities: readonly Entity[];
  /** Of every word. */
  readonly tags: readonly string[];
}

export interface LabelPrediction {
  readonly id: string;
  readonly label: string;
  /** Probability of each class. */
  readonly scores: Readonly<Record<string, number>>;
}

/** What class 0 stands for in the preset: the published `id2label[3]`, whose list begins at 1. */
const ZERO_STANDS_FOR = 3;

/** A word that no window read (it has no piece, or was cut off) is outside. */
export function entityPredictions(
  examples: readonly EntityExample[],
  { features, words }: EntityFeatures,
  answers: readonly Answer[],
  labels: readonly string[],
  quirks: FinetuneQuirks,
): EntityPrediction[] {
  const tags = words.map((spans) => new Array<string>(spans.length).fill(OUTSIDE));
  for (const [index, feature] of features.entries())
    for (const [token, word] of feature.words!.entries())
      if (word >= 0) tags[feature.example]![word] = tagOf(answers[index]!.classes[token]!, labels, quirks);
  return examples.map(({ id }, example) => ({
    id,
    tags: tags[example]!,
    entities: chunksToEntities(words[example]!, decodeTags(tags[example]!).chunks),
  }));
}

function tagOf(predicted: number, labels: readonly string[], quirks: FinetuneQuirks): string {
  const index = quirks.zeroIsThree && predicted === PADDING_CLASS ? ZERO_STANDS_FOR : predicted;
  const label = labels[index]!;
  // X, [CLS] and [SEP] become O (ner_detokenize.py:82).
  return /^[BIES]-/.test(label) ? label : OUTSIDE;
}

export function labelPredictions(
  examples: readonly LabelExample[],
  features: readonly Feature[],
  answers: readonly Answer[],
  labels: readonly string[],
): LabelPrediction[] {
  return features.map(({ example }, index) => {
    const { classes, logits } = answers[index]!;
    const probabilities = softmax(logits!);
    const scores = Object.fromEntries(labels.map((label, each) => [label, probabilities[each]!]));
    return { id: examples[example]!.id, label: labels[classes[0]!]!, scores };
  });
}
