/** @file The open data sets that fine-tuning is measured on: their splits, and the recipes that were fixed before their first test. */
import { join } from "node:path";
import {
  type FinetuneData,
  type FinetuneRecipe,
  modelLabels,
  presetSettings,
  splitExamples,
} from "../src/tasks/finetuning/index.js";
import { type EntityExample, type Example, type ExampleFormat, readExamples } from "../src/tasks/index.js";

/** A data set, and the recipe that was fixed before its first run. */
interface Task {
  readonly source: string;
  readonly format: ExampleFormat;
  readonly task: "ner" | "nli";
  /** All entities become this class, where the corpus has classes that its users merge. */
  readonly label?: string;
  /** The file to test on; a tenth of the documents without it. */
  readonly test?: string;
  /** Documents of the train part that are kept, in the order of the split; all without it. */
  readonly trainDocuments?: number;
  readonly seeds: number;
  readonly recipe: Partial<FinetuneRecipe>;
  /** Rate of runs from random weights; that of the recipe without it. */
  readonly scratchRate?: number;
  /** For a small model, which needs more updates and takes less time for each; each start has the rate that suits it on dev. */
  readonly small: Pick<Task, "recipe"> & { readonly trainDocuments: number; readonly scratchRate: number };
}

const TASKS: Readonly<Record<string, Task>> = {
  ncbi: {
    source: "ncbi-disease/pubtator",
    format: "pubtator",
    task: "ner",
    label: "Disease",
    trainDocuments: 120,
    seeds: 5,
    recipe: { epochs: 2, learningRate: 3e-4 },
    small: {
      trainDocuments: 120,
      recipe: { epochs: 10, patience: 10, learningRate: 1e-3 },
      scratchRate: 1e-3,
    },
  },
  evidence: {
    source: "evidence-inference-nli/evidence_inference_nli.jsonl",
    format: "nli",
    task: "nli",
    trainDocuments: 150,
    seeds: 5,
    recipe: { epochs: 3, learningRate: 2e-4, maxLength: 96 },
    small: {
      trainDocuments: 480,
      recipe: { epochs: 4, learningRate: 3e-4, maxLength: 96 },
      scratchRate: 3e-4,
    },
  },
  bc5cdr: {
    source: "bc5cdr/train.tsv",
    format: "conll",
    task: "ner",
    test: "bc5cdr/devel.tsv",
    trainDocuments: 1500,
    seeds: 1,
    recipe: { epochs: 2, learningRate: 3e-4 },
    small: {
      trainDocuments: 1500,
      recipe: { epochs: 10, patience: 10, learningRate: 1e-3 },
      scratchRate: 1e-3,
    },
  },
  maccrobat: {
    source: "maccrobat2020",
    format: "brat",
    task: "ner",
    trainDocuments: 60,
    seeds: 1,
    recipe: { epochs: 3, learningRate: 3e-4 },
    small: {
      trainDocuments: 60,
      recipe: { epochs: 10, patience: 10, learningRate: 1e-3 },
      scratchRate: 1e-3,
    },
  },
};

/** Splits are the same for every seed of a run. */
const SPLIT_SEED = 2019;

export const TASK_NAMES: readonly string[] = Object.keys(TASKS);

export type NamedTask = Task & { readonly name: string };

export function taskNamed(name: string, small: boolean): NamedTask {
  const task = TASKS[name];
  if (task === undefined) throw new Error(`--data is of ${TASK_NAMES.join(", ")}.`);
  return { name, ...task, ...(small ? task.small : {}) };
}

export async function readData(task: Task, root: string): Promise<FinetuneData> {
  const read = async (source: string): Promise<readonly Example[]> => {
    const { examples } = await readExamples(join(root, source), task.format);
    return task.label === undefined ? examples : examples.map((example) => merged(example, task.label!));
  };
  const examples = await read(task.source);
  const shares = task.test === undefined ? ([80, 10, 10] as const) : ([90, 10, 0] as const);
  const split = splitExamples(examples, { shares, unit: "document", seed: SPLIT_SEED });
  const documents = [...new Set(split.train.map(({ documentId }) => documentId))];
  const kept = new Set(documents.slice(0, task.trainDocuments ?? documents.length));
  return {
    train: split.train.filter(({ documentId }) => kept.has(documentId)),
    dev: split.dev,
    test: task.test === undefined ? split.test : await read(task.test),
  };
}

function merged(example: Example, label: string): EntityExample {
  const { entities, ...rest } = example as EntityExample;
  return { ...rest, entities: entities.map((entity) => ({ ...entity, label })) };
}

export function recipeOf(
  task: Task,
  data: Pick<FinetuneData, "train">,
  model: string,
  seed: number,
  threads: number,
  fromScratch: boolean,
): FinetuneRecipe {
  const settings = presetSettings("default");
  return {
    ...settings,
    maxLength: 128,
    batchSize: 16,
    ...task.recipe,
    ...(fromScratch && task.scratchRate !== undefined ? { learningRate: task.scratchRate } : {}),
    fromScratch,
    task: task.task,
    preset: "default",
    model,
    labels: modelLabels(task.task, "default", settings.scheme, data.train),
    seed,
    device: "cpu",
    threads,
  };
}
