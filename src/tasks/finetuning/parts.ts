/** @file A data set as a run sees it: features, and what answers to them mean and are worth. */
import type { WordPieceTokenizer } from "../../tokens/wordpiece-tokenizer.js";
import type { EntityExample, Example, LabelExample } from "../example.js";
import type { Answer } from "./answer-features.js";
import { entityFeatures } from "./entity-features.js";
import type { Feature } from "./feature.js";
import { type FinetuneData, labelsAmong } from "./finetune-data.js";
import { labelFeatures } from "./label-features.js";
import {
  type EntityPrediction,
  entityPredictions,
  type LabelPrediction,
  labelPredictions,
} from "./predictions.js";
import { type FinetuneRecipe, quirksOf } from "./recipe.js";
import type { BootstrapOptions } from "../scorers/bootstrap.js";
import { entityScores, labelScores, type Scores } from "./scores.js";

export interface TaskPart {
  readonly examples: number;
  readonly features: readonly Feature[];
  /** Gold entities that no sequence of tags can say; they count as missed. */
  readonly unsayable: number;
  /** Texts and pairs of which only the beginning is read. */
  readonly cut: number;
  predict(answers: readonly Answer[]): readonly (EntityPrediction | LabelPrediction)[];
  score(answers: readonly Answer[], options: BootstrapOptions): Scores;
}

export interface TaskParts {
  readonly train: TaskPart;
  readonly dev: TaskPart | null;
  readonly test: TaskPart | null;
  readonly notices: readonly string[];
}

/** What features depend on; a trained model says it of itself in `finetuning.json`. */
export type TaskShape = Pick<FinetuneRecipe, "task" | "preset" | "scheme" | "labels" | "maxLength">;

/** Of a test set that is not annotated, or has nothing to find. */
export const NO_ENTITIES = "the test data mark no entity: F1 is 0, whatever the model finds";

export function createParts(shape: TaskShape, tokenizer: WordPieceTokenizer, data: FinetuneData): TaskParts {
  const create = (examples: readonly Example[] | null): TaskPart | null =>
    examples === null ? null : createPart(shape, tokenizer, examples);
  const parts = { train: create(data.train)!, dev: create(data.dev), test: create(data.test) };
  const notices = Object.entries(parts).flatMap(([name, part]) => [
    ...(part === null || part.unsayable === 0
      ? []
      : [
          `${part.unsayable} entities of the ${name} data are discontinuous or overlap others: not taught, counted as missed`,
        ]),
    ...(part === null ? [] : cutNotices(part, name, shape)),
  ]);
  if (shape.task === "ner" && data.test !== null && labelsAmong(data.test).size === 0)
    notices.push(NO_ENTITIES);
  return { ...parts, notices };
}

export function cutNotices({ cut }: TaskPart, name: string, { maxLength }: TaskShape): string[] {
  return cut === 0
    ? []
    : [`${cut} examples of the ${name} data are longer than ${maxLength} tokens: only the beginning is read`];
}

export function createPart(
  shape: TaskShape,
  tokenizer: WordPieceTokenizer,
  examples: readonly Example[],
): TaskPart {
  return shape.task === "ner"
    ? entityPart(shape, tokenizer, examples as readonly EntityExample[])
    : labelPart(shape, tokenizer, examples as readonly LabelExample[]);
}

function entityPart(
  shape: TaskShape,
  tokenizer: WordPieceTokenizer,
  examples: readonly EntityExample[],
): TaskPart {
  const quirks = quirksOf(shape);
  const made = entityFeatures(examples, tokenizer, { ...shape, quirks });
  const predict = (answers: readonly Answer[]): EntityPrediction[] =>
    entityPredictions(examples, made, answers, shape.labels, quirks);
  return {
    examples: examples.length,
    features: made.features,
    unsayable: made.unsayable,
    cut: 0,
    predict,
    score: (answers, options) => entityScores(examples, predict(answers), options),
  };
}

function labelPart(
  shape: TaskShape,
  tokenizer: WordPieceTokenizer,
  examples: readonly LabelExample[],
): TaskPart {
  const { features, cut } = labelFeatures(examples, tokenizer, shape);
  const predict = (answers: readonly Answer[]): LabelPrediction[] =>
    labelPredictions(examples, features, answers, shape.labels);
  return {
    examples: examples.length,
    features,
    unsayable: 0,
    cut,
    predict,
    score: (answers, options) => labelScores(examples, predict(answers), options),
  };
}
