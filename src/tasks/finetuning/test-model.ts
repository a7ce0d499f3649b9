/** @file A fine-tuned model on a test set: answers, predictions, scores. Reads no training data and trains nothing. */
import { openModel } from "../../checkpoint/open-model.js";
import { ClinicalBertError } from "../../errors.js";
import { createOrtRuntime, type Device } from "../../runtime/ort-node.js";
import type { Example } from "../example.js";
import { readModelShapeFile } from "../read-model-shape.js";
import type { BootstrapOptions } from "../scorers/bootstrap.js";
import { splitTag } from "../tags.js";
import { createAnswerer } from "./answer-features.js";
import { QUIRK_LABELS } from "./entity-features.js";
import { checkKinds, labelsAmong } from "./finetune-data.js";
import { openStart } from "./open-start.js";
import { createPart, cutNotices, NO_ENTITIES, type TaskShape } from "./parts.js";
import type { EntityPrediction, LabelPrediction } from "./predictions.js";
import { headsOf } from "./recipe.js";
import type { Scores } from "./scores.js";

export interface TestModelOptions extends BootstrapOptions {
  readonly device: Device;
  readonly threads: number;
  /** fp32 by default. */
  readonly dtype?: "fp32" | "q8";
  readonly signal: AbortSignal;
}

export interface TestedModel {
  readonly scores: Scores;
  readonly predictions: readonly (EntityPrediction | LabelPrediction)[];
  readonly notices: readonly string[];
}

/** `shape` is that of `readModelShape`. Throws `FINETUNE_DATA` for examples of another kind, `HEAD_MISSING` for a model that is not fine-tuned, and what loading throws. */
export async function testModel(
  model: string,
  shape: TaskShape,
  examples: readonly Example[],
  { device, threads, dtype = "fp32", signal, ...bootstrap }: TestModelOptions,
): Promise<TestedModel> {
  checkKinds(shape.task, "test", examples);
  const start = await openStart(model);
  const config = { ...start.config, labels: shape.labels };
  const opened = await openModel(model);
  const parameters = await opened
    .readParameters(headsOf(shape.task).filter((head) => head !== "pooler" || opened.heads.has(head)))
    .finally(() => opened.close());
  const part = createPart(shape, start.tokenizer, examples);
  const runtime = await createOrtRuntime({ device, threads });
  const answerer = await createAnswerer(runtime, parameters, {
    config,
    task: shape.task,
    quantize: dtype === "q8",
    stopped: () => signal.aborted,
  });
  try {
    const answers = await answerer.answer(part.features);
    if (answers === null) throw signal.reason;
    return {
      scores: part.score(answers, bootstrap),
      predictions: part.predict(answers),
      notices: [
        ...start.notices,
        ...testNotices(shape, examples, part.unsayable),
        ...cutNotices(part, "test", shape),
      ],
    };
  } finally {
    await answerer.dispose();
  }
}

/** Classes of the preset's taggers that stand for no entity. */
const NO_TYPES: readonly string[] = Object.values(QUIRK_LABELS);

/** What makes the scores lower than the model deserves. */
function testNotices({ task, labels }: TaskShape, examples: readonly Example[], unsayable: number): string[] {
  const notices: string[] = [];
  if (unsayable > 0)
    notices.push(`${unsayable} gold entities are discontinuous or overlap others: counted as missed`);
  const types = task === "ner" ? labels.map((tag) => splitTag(tag).label) : labels;
  const known = new Set(types.filter((label) => label !== "" && !NO_TYPES.includes(label)));
  const found = labelsAmong(examples);
  const unknown = [...found].filter((label) => !known.has(label)).sort();
  if (unknown.length > 0)
    notices.push(
      `the model does not know ${unknown.join(", ")} of the test data: counted as missed; it knows ${[
        ...known,
      ]
        .filter((label) => label !== "")
        .sort()
        .join(", ")}`,
    );
  if (task === "ner" && found.size === 0) notices.push(NO_ENTITIES);
  return notices;
}

/** What the model says of itself; of a folder that another program wrote, what its architecture and class names tell. */
export async function readModelShape(model: string): Promise<TaskShape> {
  const opened = await openModel(model);
  await opened.close();
  const shape = await readModelShapeFile(opened.folder);
  if (shape !== null) return shape as TaskShape;
  const [architecture] = (opened.configJson["architectures"] ?? []) as string[];
  const task =
    architecture === "BertForTokenClassification"
      ? "ner"
      : architecture === "BertForSequenceClassification"
        ? "classification"
        : null;
  if (task === null)
    throw new ClinicalBertError(
      "FINETUNE_MODEL",
      `The model ${model} (${architecture ?? "no architecture"}) is not fine-tuned for a task.`,
      { remedy: "Fine-tune it first: clinicalbert finetune --help." },
    );
  const { labels, maxPositions } = opened.config;
  return { task, preset: "default", scheme: "iob2", labels, maxLength: Math.min(512, maxPositions) };
}
