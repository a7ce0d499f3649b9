/**
 * @file Feature extraction at BERT-base shape over note sections of mixed lengths: tokens a second, cold start, memory. Every
 * run is a process of its own, ours and the peers' by turns.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BERT_BASE, type BertConfig } from "../src/bert/config.js";
import { parameterTable } from "../src/bert/parameters.js";
import { exportModelFolder } from "../src/checkpoint/folder/export-folder.js";
import { writePytorch } from "../src/checkpoint/index.js";
import { Tensor } from "../src/graph/tensor.js";
import { createVocabulary, WordPieceTokenizer } from "../src/tokens/index.js";
import { createWords } from "../src/util/counter-random.js";
import { runPeer } from "./peers.js";

const OPTIONS = {
  sections: { type: "string", default: "512" },
  rounds: { type: "string", default: "3" },
  layers: { type: "string", default: "12" },
  hidden: { type: "string", default: "768" },
  only: { type: "string", default: "" },
} as const;

const OURS = fileURLToPath(new URL("../dist/index.js", import.meta.url));
const THEIRS = "@huggingface/transformers";
const SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
/** Batches in which a user of the peers gives texts; ours gets all at once. */
const PEER_BATCH = 32;

interface Run {
  readonly name: string;
  readonly module: string;
  readonly dtype: "fp32" | "q8";
  readonly texts: "mixed" | "equal";
  readonly batch: number;
  readonly sorted: boolean;
}

interface Figures {
  readonly seconds: number;
  readonly peakMiB: number;
}

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
      const lengths = sectionLengths(sections);
      const mean = lengths.reduce((sum, length) => sum + length, 0) / sections;
      await writeFile(join(folder, "mixed.json"), JSON.stringify(lengths.map(textOf)));
      await writeFile(
        join(folder, "equal.json"),
        JSON.stringify(lengths.map((_, index) => textOf(128, index))),
      );
      console.log(
        `${sections} sections, ${mean.toFixed(0)} tokens on average, ${availableParallelism()} cores, ${rounds} rounds`,
      );
      const runs: Run[] = [
        {
          name: "clinicalbert fp32",
          module: OURS,
          dtype: "fp32",
          texts: "mixed",
          batch: sections,
          sorted: false,
        },
        {
          name: "transformers.js fp32",
          module: THEIRS,
          dtype: "fp32",
          texts: "mixed",
          batch: PEER_BATCH,
          sorted: false,
        },
        {
          name: "transformers.js fp32, sorted",
          module: THEIRS,
          dtype: "fp32",
          texts: "mixed",
          batch: PEER_BATCH,
          sorted: true,
        },
        {
          name: "clinicalbert fp32, equal lengths",
          module: OURS,
          dtype: "fp32",
          texts: "equal",
          batch: sections,
          sorted: false,
        },
        {
          name: "transformers.js fp32, equal lengths",
          module: THEIRS,
          dtype: "fp32",
          texts: "equal",
          batch: PEER_BATCH,
          sorted: false,
        },
        {
          name: "clinicalbert q8",
          module: OURS,
          dtype: "q8",
          texts: "mixed",
          batch: sections,
          sorted: false,
        },
        {
          name: "transformers.js q8",
          module: THEIRS,
          dtype: "q8",
          texts: "mixed",
          batch: PEER_BATCH,
          sorted: false,
        },
      ];
      const chosen = runs.filter(({ name }) => name.includes(values.only));
      const tokens = { mixed: mean * sections, equal: 128 * sections };
      const seconds = new Map<string, number[]>();
      for (let round = 0; round < rounds; round++)
        for (const run of chosen) {
          const figures = measure({
            ...run,
            folder: join(folder, "model"),
            textsFile: join(folder, `${run.texts}.json`),
          });
          seconds.set(run.name, [...(seconds.get(run.name) ?? []), figures.seconds]);
        }
      for (const run of chosen) {
        const times = seconds.get(run.name)!;
        console.log(
          `${run.name}: ${(tokens[run.texts] / median(times)).toFixed(0)} tokens/s (${spread(times)} s)`,
        );
      }
      for (const [source, what] of [
        ["bin", "from .bin"],
        ["model", "from safetensors"],
      ] as const) {
        const starts = Array.from({ length: rounds }, () =>
          measure({
            module: OURS,
            dtype: "fp32",
            cold: true,
            folder: join(folder, source),
            textsFile: join(folder, "equal.json"),
          }),
        );
        const peak = Math.max(...starts.map(({ peakMiB }) => peakMiB));
        console.log(
          `cold start ${what}: ${median(starts.map((start) => start.seconds)).toFixed(2)} s, peak ${peak} MiB`,
        );
      }
      const peer = runPeer("inference", "torch", [
        join(folder, "model"),
        join(folder, "mixed.json"),
        String(PEER_BATCH),
        String(rounds),
      ]);
      for (const line of (peer ?? []) as { name: string; seconds: number }[])
        console.log(`${line.name}: ${(tokens.mixed / line.seconds).toFixed(0)} tokens/s`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Random weights under `model` (safetensors, ONNX) and `bin` (PyTorch), with a vocabulary of words `w0`, `w1`, … */
export async function writeModels(folder: string, config: BertConfig): Promise<void> {
  const parameters = new Map(
    parameterTable(config, ["pooler"]).map(({ name, shape, initializer }, index) => {
      const tensor = Tensor.zeros("float32", shape) as Tensor<Float32Array>;
      if (initializer === "ones") tensor.data.fill(1);
      if (initializer === "truncated-normal") fillUniform(tensor.data, index, config.initializerRange);
      return [name, tensor] as const;
    }),
  );
  const tokens = [
    ...SPECIALS,
    ...Array.from({ length: config.vocabSize - SPECIALS.length }, (_, index) => `w${index}`),
  ];
  const wordpiece = new WordPieceTokenizer(createVocabulary(tokens), {
    dialect: "huggingface",
    lowercase: false,
  });
  const tokenizer = { wordpiece, maxLength: config.maxPositions };
  const card = { title: "bench", origin: "random weights", facts: [] };
  const heads = ["pooler"] as const;
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

/** Uniform numbers of the given standard deviation. */
function fillUniform(data: Float32Array, stream: number, deviation: number): void {
  const word = createWords(7, stream, [0, 0, 0]);
  for (let index = 0; index < data.length; index++)
    data[index] = (word() / 2 ** 32 - 0.5) * deviation * Math.sqrt(12);
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

function measure(run: object): Figures {
  const script = fileURLToPath(new URL("./inference-run.mjs", import.meta.url));
  const output = execFileSync(process.execPath, [script, JSON.stringify(run)], {
    encoding: "utf8",
    env: { ...process.env, BENCH_STARTED: String(Date.now()) },
  });
  return JSON.parse(output.trim().split("\n").at(-1)!) as Figures;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function spread(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(2)}-${Math.max(...values).toFixed(2)}`;
}
