/**
 * @file `finetune ner` as it is without flags beside the same recipe written for transformers by itself: own reader, tokenizer, head, order
 * of batches, masks and scorer on either side. Finished runs are kept in the folder of the series.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createFinetuneRecipe, finetune, meanInterval } from "../src/tasks/finetuning/index.js";
import { readExamples } from "../src/tasks/index.js";
import { runPeer } from "./peers.js";

const OPTIONS = {
  model: { type: "string" },
  train: { type: "string" },
  dev: { type: "string" },
  test: { type: "string" },
  out: { type: "string" },
  seeds: { type: "string", default: "1" },
  threads: { type: "string", default: "1" },
  epochs: { type: "string", default: "5" },
  "learning-rate": { type: "string", default: "5e-5" },
} as const;

interface Side {
  readonly f1: number;
  readonly processor_seconds: number;
}

export const bench = {
  summary: "test F1 and processor time of the default recipe of NER, beside a program for transformers",
  async run(args: readonly string[]): Promise<void> {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const { model, train, dev, test, out } = values;
    if (
      model === undefined ||
      train === undefined ||
      dev === undefined ||
      test === undefined ||
      out === undefined
    )
      throw new Error("--model, --train, --dev, --test (files of two columns) and --out are needed.");
    const pairs: [Side, Side][] = [];
    for (let seed = 1; seed <= Number(values.seeds); seed++) {
      const ours = await runOurs({ ...values, model, train, dev, test }, seed, join(out, `seed-${seed}`));
      console.log(`seed ${seed}: ours ${describe(ours)}`);
      const theirs = runTheirs({ ...values, model, train, dev, test }, seed, join(out, `seed-${seed}.json`));
      if (theirs === null) continue;
      console.log(`seed ${seed}: transformers ${describe(theirs)}`);
      pairs.push([ours, theirs]);
    }
    if (pairs.length === 0) return;
    const difference = meanInterval(pairs.map(([ours, theirs]) => 100 * (ours.f1 - theirs.f1)));
    const ratio = meanInterval(
      pairs.map(([ours, theirs]) => theirs.processor_seconds / ours.processor_seconds),
    );
    const interval = difference.interval?.map((bound) => bound.toFixed(2)).join(", ");
    console.log(
      `${pairs.length} pair(s): difference ${difference.mean.toFixed(2)}${interval === undefined ? "" : ` [${interval}]`}, transformers takes ${ratio.mean.toFixed(2)} times our processor time`,
    );
  },
};

interface Setting {
  readonly model: string;
  readonly train: string;
  readonly dev: string;
  readonly test: string;
  readonly threads: string;
  readonly epochs: string;
  readonly "learning-rate": string;
}

function describe({ f1, processor_seconds }: Side): string {
  return `${(100 * f1).toFixed(2)} in ${processor_seconds.toFixed(0)} s of processor`;
}

async function runOurs(setting: Setting, seed: number, folder: string): Promise<Side> {
  const read = async (path: string) => (await readExamples(path, "conll")).examples;
  const [train, dev, test] = await Promise.all([setting.train, setting.dev, setting.test].map(read));
  const recipe = createFinetuneRecipe("ner", setting.model, train!, {
    seed,
    threads: Number(setting.threads),
    epochs: Number(setting.epochs),
    learningRate: Number(setting["learning-rate"]),
  });
  const { result } = await finetune(
    { recipe, data: { train: train!, dev: dev!, test: test! }, folder },
    { onEvent: () => undefined, stopped: () => false },
  );
  return { f1: result!.test!.score, processor_seconds: result!.processorSeconds };
}

function runTheirs(setting: Setting, seed: number, path: string): Side | null {
  if (!existsSync(path)) {
    const names = ["model", "train", "dev", "test", "threads", "epochs", "learning-rate"] as const;
    const flags = names.flatMap((name) => [`--${name}`, setting[name]]);
    const lines = runPeer("finetune_ner", "torch", [...flags, "--seed", String(seed)]);
    if (lines === null) return null;
    writeFileSync(path, JSON.stringify(lines[0]));
  }
  return JSON.parse(readFileSync(path, "utf8")) as Side;
}
