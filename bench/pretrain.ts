/**
 * @file One optimizer step of pretraining, whole: packing, dropout masks, forward, backward, clip, AdamW, metrics. FLOPs, wall
 * time and the yardstick are those of docs/performance.md.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { BERT_BASE, type BertConfig } from "../src/bert/config.js";
import type { PretrainingInstance } from "../src/instances/instance.js";
import { createOrtRuntime } from "../src/runtime/ort-node.js";
import type { Runtime } from "../src/runtime/runtime.js";
import { clipScale, globalNorm, PUBLISHED_ADAM_W, updateAdamW } from "../src/training/adam-w.js";
import { decaySegments, initializeParameters } from "../src/training/parameter-vector.js";
import { createTrainingState, Pretrainer } from "../src/training/pretrainer.js";
import { stepFlops } from "../src/training/step-flops.js";
import { createWords } from "../src/util/counter-random.js";
import { createBareGemm, GEMM_FLOPS } from "./bare-gemm.js";
import { runPeer } from "./peers.js";
import { publishedBatches } from "./published-batches.js";
import { median, startWatch, type Times } from "./stopwatch.js";

const S = 128;
const P = 20;
const DROPOUT = 0.1;
const GEMM_RUNS = 10;

const OPTIONS = {
  batch: { type: "string", default: "8,32" },
  hidden: { type: "string", default: "768" },
  layers: { type: "string", default: "12" },
  micro: { type: "string", default: "8" },
  threads: { type: "string", default: String(availableParallelism()) },
  steps: { type: "string", default: "3" },
  warmup: { type: "string", default: "2" },
  /** published: ragged, as the recipe makes them of notes; full: every sequence has all tokens and predictions. */
  batches: { type: "string", default: "published" },
} as const;

interface Shape {
  readonly config: BertConfig;
  readonly micro: number;
  readonly warmup: number;
  /** A batch for every step, those of the warm-up first. */
  readonly batches: readonly PretrainingInstance[][];
}

export const bench = {
  summary: "seconds of one training step, BERT-base shape, length 128, 20 predictions, dropout 0.1, float32",
  async run(args: readonly string[]): Promise<void> {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const [H, L, micro, threads, steps, warmup] = [
      Number(values.hidden),
      Number(values.layers),
      Number(values.micro),
      Number(values.threads),
      Number(values.steps),
      Number(values.warmup),
    ];
    const config = { ...BERT_BASE, hiddenSize: H, layerCount: L, headCount: H / 64, intermediateSize: 4 * H };
    console.log(
      `hidden ${H}, ${L} layers, micro-batches of ${micro}, ${threads} threads, median of ${steps} steps after ${warmup}`,
    );
    const ascending = values.batch
      .split(",")
      .map(Number)
      .sort((a, b) => a - b);
    const work = new Map<number, PretrainingInstance[][]>();
    for (const batch of ascending)
      work.set(batch, await batchesOf(values.batches, warmup + steps, batch, config.vocabSize));
    for (const [batch, batches] of work)
      await measure({ config, micro: Math.min(micro, batch), warmup, batches }, threads);
    for (const batches of work.values()) {
      const sizes = { hidden: H, layers: L, threads, warmup };
      const flags = Object.entries(sizes).flatMap(([name, value]) => [`--${name}`, String(value)]);
      const lines = runPeer("pretrain", "torch", flags, JSON.stringify(batches.map(plainBatch)));
      for (const line of lines ?? []) report(line as Measured, batches.slice(warmup), config);
    }
  },
};

/** `count` batches of the named kind, and a line about them. */
async function batchesOf(
  kind: string,
  count: number,
  batchSize: number,
  vocabSize: number,
): Promise<PretrainingInstance[][]> {
  if (kind === "full") return Array.from({ length: count }, () => randomInstances(batchSize, vocabSize));
  const data = process.env["CLINICALBERT_DATA"];
  if (data === undefined) throw new Error("CLINICALBERT_DATA is not set; --batches full needs no data.");
  const shape = { batchSize, maxLength: S, maxPredictions: P };
  const { batches, padding } = await publishedBatches(data, count, shape);
  const tokens = batches.flat().reduce((sum, { ids }) => sum + ids.length, 0);
  console.log(
    `batch ${batchSize}: ${percent(padding)} of all instances is padding, of these batches ${percent(1 - tokens / (count * batchSize * S))}`,
  );
  return batches;
}

/** As the peer reads it. */
function plainBatch(batch: readonly PretrainingInstance[]): object[] {
  return batch.map(({ ids, segmentIds, maskedPositions, maskedIds, isRandomNext }) => ({
    ids: [...ids],
    types: [...segmentIds],
    positions: [...maskedPositions],
    labels: [...maskedIds],
    next: isRandomNext ? 1 : 0,
  }));
}

/** Medians of one step, ours or of a line that the peer prints. */
interface Measured extends Times {
  readonly name: string;
  readonly peakBytes: number;
}

/** Mean of the batches. */
function flopsOf(config: BertConfig, batches: readonly PretrainingInstance[][]): number {
  return stepFlops(config, batches.flat(), S) / batches.length;
}

function report(
  { name, wall, cpu, peakBytes }: Measured,
  batches: readonly PretrainingInstance[][],
  config: BertConfig,
): void {
  const batch = batches[0]!.length;
  const columns = [
    `${wall.toFixed(3)} s/step`,
    `${(batch / wall).toFixed(2)} sequences/s`,
    `${(flopsOf(config, batches) / wall / 1e9).toFixed(1)} GFLOP/s without padding`,
    `processor time ${cpu.toFixed(3)} s/step`,
    `peak RSS ${(peakBytes / 1e9).toFixed(2)} GB`,
  ];
  console.log(`batch ${batch}, ${name}: ${columns.join(", ")}`);
}

async function measure({ config, micro, warmup, batches }: Shape, threads: number): Promise<void> {
  const ort = await createOrtRuntime({ threads });
  const { runtime, takeGraphTimes } = timed(ort);
  const state = createTrainingState(config);
  initializeParameters(state.weights, config.initializerRange, 1);
  const pretrainer = await Pretrainer.create(
    runtime,
    {
      config,
      shape: { maxLength: S, maxPredictions: P },
      schedule: { learningRate: 5e-5, totalSteps: 150_000, warmupSteps: 10_000 },
      dropout: DROPOUT,
      seed: 1,
      microBatch: micro,
    },
    state,
  );
  const counted = batches.slice(warmup);
  const gemm = await createBareGemm(ort);
  const [whole, graph, gemms]: [Times[], Times[], Times[]] = [[], [], []];
  try {
    for (const [step, instances] of batches.entries()) {
      const stop = startWatch();
      await pretrainer.step(instances, step);
      const times = stop();
      const inGraph = takeGraphTimes();
      if (step < warmup) continue;
      whole.push(times);
      graph.push(inGraph);
      for (let run = 0; run < Math.ceil(GEMM_RUNS / counted.length); run++) gemms.push(await gemm.measure());
    }
    const [wall, cpu] = [median(whole.map((times) => times.wall)), median(whole.map((times) => times.cpu))];
    const peakBytes = process.resourceUsage().maxRSS * 1024;
    report({ name: "clinicalbert", wall, cpu, peakBytes }, counted, config);
    const best = (unit: keyof Times): number => GEMM_FLOPS / Math.min(...gemms.map((times) => times[unit]));
    const flops = flopsOf(config, counted);
    console.log(
      `  ${(flops / wall / best("wall")).toFixed(3)} of the best of ${gemms.length} bare products ` +
        `(${(best("wall") / 1e9).toFixed(1)} GFLOP/s); by processor time ${(flops / cpu / best("cpu")).toFixed(3)}; ` +
        `${(cpu / wall).toFixed(2)} of ${threads} processors were had`,
    );
    const outside = whole.map((times, step) => 1 - graph[step]!.cpu / times.cpu);
    console.log(
      `  processor time outside of the graph ${percent(median(outside))}: ${updateShare(pretrainer, cpu)}`,
    );
  } finally {
    await gemm.dispose();
    await pretrainer.dispose();
  }
}

/** Norm and update alone, as shares of a step; what is left outside of the graph is masks, packing and zeroing. */
function updateShare({ state, gradients }: Pretrainer, step: number): string {
  const { weights, firstMoments, secondMoments } = state;
  const stopNorm = startWatch();
  const norm = globalNorm(gradients.data);
  const normTimes = stopNorm();
  const stopUpdate = startWatch();
  updateAdamW(
    {
      weights: weights.data,
      gradients: gradients.data,
      firstMoments: firstMoments.data,
      secondMoments: secondMoments.data,
    },
    decaySegments(weights.table),
    PUBLISHED_ADAM_W,
    0,
    clipScale(norm, 1),
  );
  return `norm ${percent(normTimes.cpu / step)}, update ${percent(stopUpdate().cpu / step)}`;
}

/** `runtime`, and a function that takes the time spent in its runs since it was last asked. */
function timed(runtime: Runtime): { runtime: Runtime; takeGraphTimes: () => Times } {
  let total: Times = { wall: 0, cpu: 0 };
  return {
    takeGraphTimes() {
      const taken = total;
      total = { wall: 0, cpu: 0 };
      return taken;
    },
    runtime: {
      ...runtime,
      async compile(graph) {
        const executable = await runtime.compile(graph);
        return {
          dispose: () => executable.dispose(),
          async run(feeds, into) {
            const stop = startWatch();
            const outputs = await executable.run(feeds, into);
            const { wall, cpu } = stop();
            total = { wall: total.wall + wall, cpu: total.cpu + cpu };
            return outputs;
          },
        };
      },
    },
  };
}

/** Full-length instances of random ids with all predictions: the most work that a batch can be. */
function randomInstances(count: number, vocabSize: number): PretrainingInstance[] {
  const word = createWords(0, 1, [0, 0, 0]);
  const ids = (length: number): Int32Array => Int32Array.from({ length }, () => word() % vocabSize);
  return Array.from({ length: count }, () => ({
    ids: ids(S),
    segmentIds: new Uint8Array(S).fill(1, S / 2),
    maskedPositions: Int32Array.from({ length: P }, (_, index) => 1 + 6 * index),
    maskedIds: ids(P),
    isRandomNext: word() % 2 === 1,
  }));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
