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
  splitHash,
} from "../src/tasks/finetuning/index.js";
import { openStart } from "../src/tasks/finetuning/open-start.js";
import { createParts } from "../src/tasks/finetuning/parts.js";
import type { Example } from "../src/tasks/index.js";
import { type NamedTask, readData, recipeOf, taskNamed } from "./finetune-tasks.js";
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
  /** Only prints what each rate reaches on the development set, from `model` or, with `scratch`, from random weights. */
  choose: { type: "boolean", default: false },
  table: { type: "boolean", default: false },
} as const;

/** What the rate of small models was chosen from, by the development set alone. */
const RATES = [3e-4, 1e-3, 2e-3] as const;
/** Of the choice: none of the seeds that are compared. */
const CHOICE_SEED = 100;

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
      for (const task of tasks) await choose(task, root, model, out, threads, values.scratch);
      return;
    }
    if (!values.table)
      for (let seed = 1; seed <= rounds; seed++)
        for (const task of tasks)
          if (seed <= task.seeds) await runSeed(task, seed, root, model, out, threads, masks, values.scratch);
    for (const task of tasks) await printTable(task, rounds, root, out, masks);
  },
};

/** The development score at every rate; the test part is not touched. */
async function choose(
  task: NamedTask,
  root: string,
  model: string,
  out: string,
  threads: number,
  fromScratch: boolean,
): Promise<void> {
  const { train, dev } = await readData(task, root);
  for (const learningRate of RATES) {
    const name = `${task.name}-choice${fromScratch ? "-scratch" : ""}-${learningRate}`;
    const recipe = { ...recipeOf(task, { train }, model, CHOICE_SEED, threads, fromScratch), learningRate };
    const { result } = await finetune(
      { recipe, data: { train, dev, test: null }, folder: join(out, name) },
      { onEvent: () => undefined, stopped: () => false },
    );
    console.log(
      `${name}: dev ${result!.metric} ${(100 * result!.dev!.score).toFixed(2)} at epoch ${result!.epoch}`,
    );
  }
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
  const recipe = recipeOf(task, data, model, seed, threads, fromScratch);
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
