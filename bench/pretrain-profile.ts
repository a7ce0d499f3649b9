/** @file Where the time of one micro-batch goes, kernel by kernel: onnxruntime's own profile of the training graph. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import ort from "onnxruntime-node";
import { BERT_BASE } from "../src/bert/config.js";
import { gradientName } from "../src/graph/differentiate.js";
import { resolveDim } from "../src/graph/dim.js";
import { sizeOf } from "../src/graph/tensor.js";
import type { Graph } from "../src/graph/value.js";
import { lowerGraph } from "../src/onnx/lower.js";
import { accumulatedName } from "../src/training/accumulated-gradients.js";
import { pretrainingGraph } from "../src/training/pretraining-graph.js";
import { packingSymbols, packTokens, rowBlock } from "../src/training/token-packing.js";
import type { Tensor } from "../src/graph/tensor.js";
import { createWords } from "../src/util/counter-random.js";

const S = 128;
const P = 20;
/** Kinds of kernels that are printed. */
const ROWS = 20;
const GRADIENT = gradientName("");

const OPTIONS = {
  micro: { type: "string", default: "8" },
  hidden: { type: "string", default: "768" },
  layers: { type: "string", default: "12" },
  threads: { type: "string", default: "1" },
} as const;

export const bench = {
  summary:
    "time of each kind of kernel in one micro-batch of training (length 128, 20 predictions, dropout on)",
  async run(args: readonly string[]): Promise<void> {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const [H, L] = [Number(values.hidden), Number(values.layers)];
    const config = { ...BERT_BASE, hiddenSize: H, layerCount: L, headCount: H / 64, intermediateSize: 4 * H };
    const { graph } = pretrainingGraph(config, { sequenceLength: S, dropout: true, gradients: true });
    const folder = mkdtempSync(join(tmpdir(), "clinicalbert-profile-"));
    try {
      const session = await ort.InferenceSession.create(lowerGraph(graph).toBytes(), {
        executionProviders: ["cpu"],
        intraOpNumThreads: Number(values.threads),
        enableProfiling: true,
        profileFilePrefix: join(folder, "profile"),
        extra: { session: { set_denormal_as_zero: "1" } },
      });
      const feeds = createFeeds(graph, Number(values.micro), config.headCount);
      const fetches: Record<string, ort.Tensor | null> = {};
      for (const name of graph.outputs.keys()) {
        const parameter = name.startsWith(GRADIENT) ? name.slice(GRADIENT.length) : null;
        fetches[name] = parameter === null ? null : feeds[accumulatedName(parameter)]!;
      }
      for (let run = 0; run < 3; run++) await session.run(feeds, fetches);
      session.endProfiling();
      await session.release();
      printTable(JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]!), "utf8")) as ProfileEvent[]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

/** Whole numbers fed are below these, others below 2. */
const LIMITS: Readonly<Record<string, number>> = {
  input_ids: BERT_BASE.vocabSize,
  masked_ids: BERT_BASE.vocabSize,
  masked_rows: S,
};

/** Numbers of usual size: the time of a kernel does not depend on them, but for denormals. */
function createFeeds(graph: Graph, micro: number, heads: number): Record<string, ort.Tensor> {
  const word = createWords(0, 1, [0, 0, 0]);
  const noise = Float32Array.from({ length: 4093 }, () => 0.07 * (word() / 2 ** 32 - 0.5));
  const shape = { lengths: new Array<number>(micro).fill(S), maxLength: S, block: rowBlock(S) };
  const symbols = packingSymbols(shape).set("M", micro * P);
  const packing: Readonly<Record<string, Tensor>> = packTokens(shape, heads).feeds;
  const feeds: Record<string, ort.Tensor> = {};
  for (const { node, dtype, dims } of graph.inputs) {
    if (node.op !== "input") continue;
    const { name } = node.attributes;
    const numbers = dims.map((dim) => resolveDim(dim, symbols));
    const length = sizeOf(numbers);
    if (packing[name] !== undefined) {
      feeds[name] = new ort.Tensor("int32", packing[name].data as Int32Array, numbers);
    } else if (dtype === "int32") {
      const limit = LIMITS[name] ?? 2;
      feeds[name] = new ort.Tensor(
        "int32",
        Int32Array.from({ length }, () => word() % limit),
        numbers,
      );
    } else {
      const data = new Float32Array(length);
      for (let start = 0; start < length; start += noise.length)
        data.set(noise.subarray(0, length - start), start);
      feeds[name] = new ort.Tensor("float32", data, numbers);
    }
  }
  return feeds;
}

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly ts: number;
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

/** Kernels of the last run by kind, longest first. */
function printTable(events: readonly ProfileEvent[]): void {
  const run = events.findLast(({ name }) => name === "model_run")!;
  const kinds = new Map<string, { count: number; time: number }>();
  let total = 0;
  for (const { cat, name, ts, dur, args } of events) {
    if (cat !== "Node" || !name.endsWith("_kernel_time") || ts < run.ts) continue;
    const kind = kinds.get(args?.op_name ?? "") ?? { count: 0, time: 0 };
    kinds.set(args?.op_name ?? "", { count: kind.count + 1, time: kind.time + dur });
    total += dur;
  }
  const sorted = [...kinds].sort(([, a], [, b]) => b.time - a.time);
  for (const [kind, { count, time }] of sorted.slice(0, ROWS)) print(kind, count, time, run.dur);
  const rest = sorted.slice(ROWS).reduce((sum, [, { time }]) => sum + time, 0);
  print("others", sorted.length - ROWS, rest, run.dur);
  print("between kernels", 0, run.dur - total, run.dur);
  print("whole run", 1, run.dur, run.dur);
}

function print(kind: string, count: number, microseconds: number, whole: number): void {
  const columns = [`${(microseconds / 1e3).toFixed(1)} ms`, `${((100 * microseconds) / whole).toFixed(1)} %`];
  console.log(
    `${kind.padEnd(20)} ${String(count).padStart(5)} ${columns.map((c) => c.padStart(12)).join("")}`,
  );
}
