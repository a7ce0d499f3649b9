/**
 * @file Feature extraction at BERT-base shape over note sections of mixed lengths: tokens a second, cold start, memory. Every
 * contestant is a process of its own; ours and the peers' do their rounds in turn.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BERT_BASE, type BertConfig } from "../src/bert/config.js";
import { exportModelFolder } from "../src/checkpoint/folder/export-folder.js";
import { writePytorch } from "../src/checkpoint/index.js";
import { benchTokenizer, randomParameters } from "./random-model.js";
import { type Program, type Round, startPeer, startScript } from "./rounds.js";
import { median } from "./stopwatch.js";

const OPTIONS = {
  sections: { type: "string", default: "128" },
  rounds: { type: "string", default: "2" },
  layers: { type: "string", default: "12" },
  hidden: { type: "string", default: "768" },
  /** Only contestants whose name holds one of these, separated by commas. */
  only: { type: "string", default: "" },
  "no-cold": { type: "boolean", default: false },
} as const;

const OURS = fileURLToPath(new URL("../dist/index.js", import.meta.url));
const THEIRS = "@huggingface/transformers";
/** Batches in which a user of the peers gives texts; ours gets all at once. */
const PEER_BATCH = 32;
/** Sections of equal lengths are this share of the others, of 128 tokens each. */
const EQUAL_SHARE = 0.25;
const EQUAL_LENGTH = 128;

type Texts = "mixed" | "equal";

interface Contestant {
  readonly name: string;
  readonly texts: Texts;
  start(folder: string): Promise<Program | null>;
}

interface ColdStart {
  readonly seconds: number;
  readonly peakMiB: number;
}

function scripted(
  name: string,
  module: string,
  dtype: "fp32" | "q8",
  texts: Texts,
  sorted: boolean,
): Contestant {
  const batch = module === OURS ? Number.MAX_SAFE_INTEGER : PEER_BATCH;
  return {
    name,
    texts,
    start: (folder) =>
      startScript("inference-run.mjs", [
        JSON.stringify({
          module,
          dtype,
          batch,
          sorted,
          folder: join(folder, "model"),
          textsFile: join(folder, `${texts}.json`),
        }),
      ]),
  };
}

const CONTESTANTS: readonly Contestant[] = [
  scripted("clinicalbert fp32", OURS, "fp32", "mixed", false),
  scripted("clinicalbert q8", OURS, "q8", "mixed", false),
  scripted("transformers.js fp32", THEIRS, "fp32", "mixed", false),
  scripted("transformers.js fp32, sorted", THEIRS, "fp32", "mixed", true),
  scripted("transformers.js q8", THEIRS, "q8", "mixed", false),
  {
    name: "PyTorch fp32",
    texts: "mixed",
    start: (folder) =>
      startPeer("inference", "torch", [
        join(folder, "model"),
        join(folder, "mixed.json"),
        String(PEER_BATCH),
      ]),
  },
  scripted("clinicalbert fp32, equal lengths", OURS, "fp32", "equal", false),
  scripted("transformers.js fp32, equal lengths", THEIRS, "fp32", "equal", false),
];

/** Ratios of rates that are goals: ours, the other, and how often faster. */
const GOALS: readonly (readonly [ours: string, other: string, goal: number])[] = [
  ["clinicalbert fp32", "transformers.js fp32", 2],
  ["clinicalbert fp32", "transformers.js fp32, sorted", 1.05],
  ["clinicalbert fp32, equal lengths", "transformers.js fp32, equal lengths", 1.05],
  ["clinicalbert fp32", "PyTorch fp32", 1.2],
  ["clinicalbert q8", "clinicalbert fp32", 2],
];

export const bench = {
  summary: "feature extraction, BERT-base shape, note sections of mixed lengths, mean pooling",
  async run(args: readonly string[]): Promise<void> {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const [sections, rounds, L, H] = [values.sections, values.rounds, values.layers, values.hidden].map(
      Number,
    ) as [number, number, number, number];
    const config = { ...BERT_BASE, hiddenSize: H, layerCount: L, headCount: H / 64, intermediateSize: 4 * H };
    const folder = await mkdtemp(join(tmpdir(), "bench-inference-"));
    try {
      await writeModels(folder, config);
      const tokens = await writeTexts(folder, sections);
      console.log(
        `${sections} sections, ${(tokens.mixed / sections).toFixed(0)} tokens on average, ${L} layers of ${H}, ` +
          `${availableParallelism()} cores, ${rounds} rounds`,
      );
      const wanted = values.only.split(",");
      const chosen = CONTESTANTS.filter(({ name }) => wanted.some((part) => name.includes(part)));
      await compare(chosen, folder, tokens, rounds);
      if (!values["no-cold"]) coldStarts(folder, rounds);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function writeTexts(folder: string, sections: number): Promise<Record<Texts, number>> {
  const lengths = sectionLengths(sections);
  const equal = Math.max(PEER_BATCH, Math.round(sections * EQUAL_SHARE));
  await writeFile(join(folder, "mixed.json"), JSON.stringify(lengths.map(textOf)));
  const equalTexts = Array.from({ length: equal }, (_, index) => textOf(EQUAL_LENGTH, index));
  await writeFile(join(folder, "equal.json"), JSON.stringify(equalTexts));
  return { mixed: lengths.reduce((sum, length) => sum + length, 0), equal: EQUAL_LENGTH * equal };
}

async function compare(
  contestants: readonly Contestant[],
  folder: string,
  tokens: Readonly<Record<Texts, number>>,
  rounds: number,
): Promise<void> {
  const running = new Map<Contestant, Program>();
  for (const contestant of contestants) {
    const program = await contestant.start(folder);
    if (program !== null) running.set(contestant, program);
  }
  const figures = new Map([...running.keys()].map(({ name }): [string, Round[]] => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [{ name }, program] of running) figures.get(name)!.push(await program.ask(""));
  for (const program of running.values()) await program.stop();
  for (const { name, texts } of running.keys()) {
    const rate = (of: "wall" | "cpu"): string =>
      (tokens[texts] / median(figures.get(name)!.map((each) => each[of]))).toFixed(0).padStart(6);
    console.log(`${name.padEnd(36)} ${rate("wall")} tokens/s, ${rate("cpu")} a processor second`);
  }
  for (const [ours, other, goal] of GOALS) {
    const [left, right] = [figures.get(ours), figures.get(other)];
    if (left === undefined || right === undefined) continue;
    const ratio = (of: "wall" | "cpu"): string =>
      median(left.map((each, round) => right[round]![of] / each[of])).toFixed(2);
    console.log(
      `${ours} / ${other}: ${ratio("wall")} (wall), ${ratio("cpu")} (processor time); the aim is ${goal}`,
    );
  }
}

function coldStarts(folder: string, rounds: number): void {
  for (const [source, what] of [
    ["bin", "from .bin"],
    ["model", "from safetensors"],
  ] as const) {
    const starts = Array.from({ length: rounds }, () => coldStart(join(folder, source)));
    const peak = Math.max(...starts.map(({ peakMiB }) => peakMiB));
    console.log(
      `cold start to the first embedding, ${what}: ${median(starts.map(({ seconds }) => seconds)).toFixed(2)} s, peak ${peak} MiB`,
    );
  }
}

/** Random weights under `model` (safetensors, ONNX) and `bin` (PyTorch), with a vocabulary of words `w0`, `w1`, … */
export async function writeModels(folder: string, config: BertConfig): Promise<void> {
  const heads = ["pooler"] as const;
  const parameters = randomParameters(config, heads);
  const tokenizer = { wordpiece: benchTokenizer(config.vocabSize), maxLength: config.maxPositions };
  const card = { title: "bench", origin: "random weights", facts: [] };
  await exportModelFolder(join(folder, "model"), {
    config,
    heads,
    parameters,
    tokenizer,
    card,
    onnx: ["fp32", "q8"],
  });
  await exportModelFolder(join(folder, "bin"), { config, heads, parameters, tokenizer, card, onnx: [] });
  await rm(join(folder, "bin", "model.safetensors"));
  await writePytorch(join(folder, "bin", "pytorch_model.bin"), parameters);
}

/** Tokens of note sections: from 8 to 512, half of them under 64, a long tail; shuffled, always the same. */
export function sectionLengths(count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const place = ((index * 40503) % 65536) / 65536;
    return Math.round(8 * 64 ** place);
  });
}

/** A text of `length` tokens, [CLS] and [SEP] with them. */
export function textOf(length: number, seed: number): string {
  return Array.from({ length: length - 2 }, (_, index) => `w${(seed * 7919 + index * 104729) % 20000}`).join(
    " ",
  );
}

function coldStart(folder: string): ColdStart {
  const script = fileURLToPath(new URL("./inference-run.mjs", import.meta.url));
  const run = { module: OURS, dtype: "fp32", cold: true, folder };
  const output = execFileSync(process.execPath, [script, JSON.stringify(run)], {
    encoding: "utf8",
    env: { ...process.env, BENCH_STARTED: String(Date.now()) },
  });
  return JSON.parse(output.trim().split("\n").at(-1)!) as ColdStart;
}
