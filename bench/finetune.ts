/**
 * @file Fine-tuning on open data beside PyTorch: the same features, initial heads and batches on both sides, paired by seed; PyTorch
 * drops by masks of its own, which time is compared with, or by ours, which leaves only rounding between the scores. Finished runs are
 * kept in the folder of the series, so that an interrupted series goes on; the table says how many there are.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  type FinetuneData,
  type FinetuneRecipe,
  finetune,
  meanInterval,
  modelLabels,
  presetSettings,
  splitExamples,
  splitHash,
} from "../src/tasks/finetuning/index.js";
import { openStart } from "../src/tasks/finetuning/open-start.js";
import { createParts } from "../src/tasks/finetuning/parts.js";
import { type EntityExample, type Example, type ExampleFormat, readExamples } from "../src/tasks/index.js";
import { runPeer } from "./peers.js";

const OPTIONS = {
  model: { type: "string" },
  out: { type: "string" },
  data: { type: "string", default: "ncbi,evidence,bc5cdr,maccrobat" },
  seeds: { type: "string", default: "5" },
  threads: { type: "string", default: "1" },
  masks: { type: "string", default: "own" },
  scratch: { type: "boolean", default: false },
  /** The recipes of a small model of one's own. */
  small: { type: "boolean", default: false },
  /** Only prints what each rate reaches on the development set. */
  choose: { type: "boolean", default: false },
  table: { type: "boolean", default: false },
} as const;

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
  /** For a small model, which needs more updates and takes less time for each. */
  readonly small?: Pick<Task, "recipe"> & { readonly trainDocuments: number };
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
    small: { trainDocuments: 120, recipe: { epochs: 6, learningRate: 1e-3 } },
  },
  evidence: {
    source: "evidence-inference-nli/evidence_inference_nli.jsonl",
    format: "nli",
    task: "nli",
    trainDocuments: 150,
    seeds: 5,
    recipe: { epochs: 3, learningRate: 2e-4, maxLength: 96 },
    small: { trainDocuments: 480, recipe: { epochs: 4, learningRate: 3e-4, maxLength: 96 } },
  },
  bc5cdr: {
    source: "bc5cdr/train.tsv",
    format: "conll",
    task: "ner",
    test: "bc5cdr/devel.tsv",
    trainDocuments: 1500,
    seeds: 1,
    recipe: { epochs: 2, learningRate: 3e-4 },
  },
  maccrobat: {
    source: "maccrobat2020",
    format: "brat",
    task: "ner",
    trainDocuments: 60,
    seeds: 1,
    recipe: { epochs: 3, learningRate: 3e-4 },
  },
};

/** What the rate of small models was chosen from, by the development set alone. */
const RATES = [1e-4, 3e-4, 1e-3] as const;
/** Of the choice: none of the seeds that are compared. */
const CHOICE_SEED = 100;

/** Splits are the same for every seed of a run. */
const SPLIT_SEED = 2019;

/** Whose dropout masks PyTorch uses. */
type Masks = "own" | "shared";

interface Pair {
  readonly seed: number;
  readonly ours: number;
  readonly oursSeconds: number;
  readonly theirs: number;
  readonly theirsSeconds: number;
  /** Largest difference of the losses of the first updates. */
  readonly lossDifference: number;
}

/** Updates before which rounding has had little time to grow. */
const FIRST_UPDATES = 20;

interface PeerLine {
  readonly processor_seconds: number;
  readonly epoch: number;
  readonly losses: readonly number[];
}

export const bench = {
  summary: "test scores and processor time of fine-tuning on open data, beside PyTorch on the same batches",
  async run(args: readonly string[]): Promise<void> {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const root = process.env["CLINICALBERT_DATA"];
    if (root === undefined || values.model === undefined || values.out === undefined)
      throw new Error("CLINICALBERT_DATA, --model and --out are needed.");
    const { masks, model, out, small } = values;
    const tasks = values.data.split(",").map((name) => taskNamed(name, small));
    if (masks !== "own" && masks !== "shared") throw new Error("--masks is own or shared.");
    const [rounds, threads] = [Number(values.seeds), Number(values.threads)];
    if (values.choose) {
      for (const task of tasks) await choose(task, root, model, out, threads);
      return;
    }
    if (!values.table)
      for (let seed = 1; seed <= rounds; seed++)
        for (const task of tasks)
          if (seed <= task.seeds) await runSeed(task, seed, root, model, out, threads, masks, values.scratch);
    for (const task of tasks) await printTable(task, rounds, root, out, masks);
  },
};

type NamedTask = Task & { readonly name: string };

function taskNamed(name: string, small: boolean): NamedTask {
  const task = TASKS[name];
  if (task === undefined) throw new Error(`--data is of ${Object.keys(TASKS).join(", ")}.`);
  if (!small) return { name, ...task };
  if (task.small === undefined) throw new Error(`${name} has no recipe for a small model.`);
  return { name, ...task, ...task.small };
}

/** The development score at every rate; the test part is not touched. */
async function choose(
  task: NamedTask,
  root: string,
  model: string,
  out: string,
  threads: number,
): Promise<void> {
  const { train, dev } = await readData(task, root);
  for (const learningRate of RATES) {
    const name = `${task.name}-choice-${learningRate}`;
    const recipe = recipeOf(
      { ...task, recipe: { ...task.recipe, learningRate } },
      { train },
      model,
      CHOICE_SEED,
      threads,
    );
    const { result } = await finetune(
      { recipe, data: { train, dev, test: null }, folder: join(out, name) },
      { onEvent: () => undefined, stopped: () => false },
    );
    console.log(
      `${task.name} rate ${learningRate}: dev ${result!.metric} ${(100 * result!.dev!.score).toFixed(2)} at epoch ${result!.epoch}`,
    );
  }
}

async function readData(task: Task, root: string): Promise<FinetuneData> {
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

function recipeOf(
  task: Task,
  data: Pick<FinetuneData, "train">,
  model: string,
  seed: number,
  threads: number,
): FinetuneRecipe {
  const settings = presetSettings("default");
  return {
    ...settings,
    maxLength: 128,
    batchSize: 16,
    ...task.recipe,
    task: task.task,
    preset: "default",
    model,
    labels: modelLabels(task.task, "default", settings.scheme, data.train),
    seed,
    device: "cpu",
    threads,
  };
}

async function runSeed(
  task: NamedTask,
  seed: number,
  root: string,
  model: string,
  out: string,
  threads: number,
  masks: Masks,
  fromScratch: boolean,
): Promise<void> {
  const { name } = task;
  const folder = join(out, `${name}${fromScratch ? "-scratch" : ""}-seed-${seed}`);
  const data = await readData(task, root);
  const recipe = { ...recipeOf(task, data, model, seed, threads), fromScratch };
  const hooks = { onEvent: () => undefined, stopped: () => false };
  const started = performance.now();
  const { result } = await finetune({ recipe, data, folder, exportFeatures: true }, hooks);
  const { score, metric } = result!.test!;
  console.log(
    `${name} seed ${seed}${fromScratch ? " from scratch" : ""}: ours ${metric} ${(100 * score).toFixed(2)}, ${result!.processorSeconds.toFixed(0)} s of processor (${((performance.now() - started) / 1000).toFixed(0)} s), epoch ${result!.epoch}`,
  );
  if (fromScratch) return;
  const { line, answers } = peerFiles(folder, masks);
  if (!existsSync(line)) {
    const lines = runPeer("finetune", "torch", [
      ...["--run", folder],
      ...["--model", model],
      ...["--out", answers],
      ...["--threads", String(threads)],
      ...["--masks", masks],
    ]);
    if (lines === null) return;
    writeFileSync(line, JSON.stringify(lines[0]));
  }
  const peer = JSON.parse(readFileSync(line, "utf8")) as PeerLine;
  const theirs = await scorePeer(recipe, data, answers);
  console.log(
    `${name} seed ${seed}: PyTorch ${metric} ${(100 * theirs).toFixed(2)}, ${peer.processor_seconds.toFixed(0)} s of processor, epoch ${peer.epoch}`,
  );
}

/** The losses of our run's updates, in their order. */
function lossesOf(folder: string): number[] {
  const lines = readFileSync(join(folder, "metrics.jsonl"), "utf8").trimEnd().split("\n");
  return lines.flatMap((line) => {
    const { loss } = JSON.parse(line) as { loss?: number };
    return loss === undefined ? [] : [loss];
  });
}

function largestDifference(ours: readonly number[], theirs: readonly number[] = []): number {
  const differences = theirs.slice(0, FIRST_UPDATES).map((loss, step) => Math.abs(loss - ours[step]!));
  return Math.max(...differences);
}

function peerFiles(folder: string, masks: Masks): { line: string; answers: string } {
  const name = masks === "own" ? "peer" : "peer-shared-masks";
  return { line: join(folder, `${name}.json`), answers: join(folder, `${name}-test.jsonl`) };
}

/** The peer's classes by our way back to the text and our scorer. */
async function scorePeer(recipe: FinetuneRecipe, data: FinetuneData, path: string): Promise<number> {
  const { tokenizer } = await openStart(recipe.model);
  const { test } = createParts(recipe, tokenizer, data);
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const answers = lines.map((line) => {
    const classes = Int32Array.from(JSON.parse(line) as number[]);
    const logits = Float32Array.from(recipe.labels, (_, index) => (index === classes[0] ? 1 : 0));
    return { classes, logits };
  });
  return test!.score(answers, { samples: 0 }).score;
}

async function printTable(
  task: NamedTask,
  rounds: number,
  root: string,
  out: string,
  masks: Masks,
): Promise<void> {
  const { name } = task;
  const data = await readData(task, root);
  const pairs: Pair[] = [];
  for (let seed = 1; seed <= Math.min(rounds, task.seeds); seed++) {
    const folder = join(out, `${name}-seed-${seed}`);
    const ours = join(folder, "result.json");
    const { line, answers } = peerFiles(folder, masks);
    if (!existsSync(ours) || !existsSync(line)) continue;
    const result = JSON.parse(readFileSync(ours, "utf8")) as {
      test: { score: number };
      processorSeconds: number;
    };
    const { recipe } = JSON.parse(readFileSync(join(folder, "recipe.json"), "utf8")) as {
      recipe: FinetuneRecipe;
    };
    const peer = JSON.parse(readFileSync(line, "utf8")) as PeerLine;
    pairs.push({
      seed,
      ours: 100 * result.test.score,
      oursSeconds: result.processorSeconds,
      theirs: 100 * (await scorePeer(recipe, data, answers)),
      theirsSeconds: peer.processor_seconds,
      lossDifference: largestDifference(lossesOf(folder), peer.losses),
    });
  }
  const documents = (part: readonly Example[]): number =>
    new Set(part.map(({ documentId }) => documentId)).size;
  console.log(
    `\n${name}: ${(["train", "dev", "test"] as const).map((part) => `${part} ${documents(data[part]!)} documents (${data[part]!.length} examples, ${splitHash(data[part]!).slice(0, 12)})`).join(", ")}`,
  );
  for (const { seed, ours, theirs, oursSeconds, theirsSeconds, lossDifference } of pairs)
    console.log(
      masks === "own"
        ? `  seed ${seed}: ours ${ours.toFixed(2)} in ${oursSeconds.toFixed(0)} s, PyTorch ${theirs.toFixed(2)} in ${theirsSeconds.toFixed(0)} s`
        : `  seed ${seed}: ours ${ours.toFixed(2)}, PyTorch with our masks ${theirs.toFixed(2)}; losses of the first ${FIRST_UPDATES} updates differ by at most ${lossDifference.toExponential(1)}`,
    );
  if (pairs.length === 0) return;
  const describe = (values: readonly number[]): string => {
    const { mean, interval } = meanInterval(values);
    return `${mean.toFixed(2)}${interval === null ? "" : ` [${interval.map((bound) => bound.toFixed(2)).join(", ")}]`}`;
  };
  const ratio = meanInterval(pairs.map(({ oursSeconds, theirsSeconds }) => theirsSeconds / oursSeconds)).mean;
  const time = masks === "own" ? `, PyTorch takes ${ratio.toFixed(2)} times our processor time` : "";
  console.log(
    `  ${pairs.length} pair(s), ${masks} masks: ours ${describe(pairs.map(({ ours }) => ours))}, PyTorch ${describe(pairs.map(({ theirs }) => theirs))}, difference ${describe(pairs.map(({ ours, theirs }) => ours - theirs))}${time}`,
  );
  const fromScratch = pairs.flatMap(({ seed, ours }) => {
    const path = join(out, `${name}-scratch-seed-${seed}`, "result.json");
    if (!existsSync(path)) return [];
    const { test } = JSON.parse(readFileSync(path, "utf8")) as { test: { score: number } };
    return [{ score: 100 * test.score, gain: ours - 100 * test.score }];
  });
  if (fromScratch.length > 0)
    console.log(
      `  from random weights, ${fromScratch.length} seed(s): ${fromScratch.map(({ score }) => score.toFixed(2)).join(", ")}; the pretrained start is ${describe(fromScratch.map(({ gain }) => gain))} better`,
    );
}
