/** @file The module of the threads that run models. A thread loads its own copy of the weights, once for all heads of a model. */
import { AutoModelWithAllHeads } from "../pipelines/models.js";
import type { ModelRow, PreTrainedModel } from "../pipelines/index.js";
import { createOrtRuntime } from "../runtime/ort-node.js";
import { serveTasks, type TaskHandler, Transferred } from "../util/worker-task.js";
import type { Lane, LaneCost, LaneHead, ModelReply, ModelTask, ModelThreadData } from "./messages.js";

/** Length of the longer of the two rows by which the cost of a run is told from that of its tokens. */
const LONG = 128;
const SHORTER = 8;
/** The first run compiles and touches all memory; the best of the others counts. */
const WARM_UP_RUNS = 3;

const HEADS = {
  encoder: [],
  "masked-lm": ["masked-lm"],
  "token-classification": ["token-classification"],
  "sequence-classification": ["pooler", "sequence-classification"],
} as const satisfies Readonly<Record<LaneHead, unknown>>;

/** One model under one head with two numbers of threads. A person who fills masks can wait; other heads have their matrices in their graphs. */
interface Variants {
  readonly shared: PreTrainedModel;
  readonly alone: PreTrainedModel;
}

type Run = (lane: Lane, rows: readonly ModelRow[], isAlone: boolean) => Promise<Float32Array[]>;

serveTasks<ModelTask, ModelReply, ModelThreadData>(async (data) => {
  const { weights, heads, lengths, dtype, threads, threadsAlone } = data;
  const alone = threadsAlone > threads ? await createOrtRuntime({ threads: threadsAlone }) : null;
  const models: ReadonlyMap<LaneHead, Variants>[] = [];
  for (const [index, source] of weights.entries()) {
    const model = await AutoModelWithAllHeads.from_pretrained(source, { dtype, threads, on_notice() {} });
    const variants = heads[index]!.map((head): [LaneHead, Variants] => {
      const weights = head === "masked-lm" ? "fed" : "constant";
      const shared = model.withHeads(HEADS[head], { weights });
      const variant = {
        shared,
        alone: alone === null ? shared : model.withHeads(HEADS[head], { weights, runtime: alone }),
      };
      return [head, variant];
    });
    models.push(new Map(variants));
  }
  const run = ({ model, head }: Lane, rows: readonly ModelRow[], isAlone: boolean) =>
    models[model]!.get(head)![isAlone ? "alone" : "shared"].readRows(rows, {
      tokensPerBatch: Number.POSITIVE_INFINITY,
      mostPadding: 1,
    });

  const handle: TaskHandler<ModelTask, ModelReply> = async (task) => {
    if (task.kind === "warm-up") {
      const lanes: LaneCost[] = [];
      for (const [model, byHead] of models.entries())
        for (const head of byHead.keys())
          lanes.push(await measure({ model, head, attention: false }, Math.min(LONG, lengths[model]!), run));
      return { kind: "warm", lanes };
    }
    const results = await run(task.lane, task.rows, task.isAlone);
    return new Transferred<ModelReply>(
      { kind: "rows", results },
      results.map(({ buffer }) => buffer as ArrayBuffer),
    );
  };
  return handle;
});

async function measure(lane: Lane, long: number, run: Run): Promise<LaneCost> {
  const short = Math.max(2, Math.floor(long / SHORTER));
  await run(lane, [warmUpRow(lane.head, long)], true);
  const times = { short: Number.POSITIVE_INFINITY, long: Number.POSITIVE_INFINITY };
  for (let round = 0; round <= WARM_UP_RUNS; round++)
    for (const [name, length] of [
      ["short", short],
      ["long", long],
    ] as const) {
      const start = performance.now();
      await run(lane, [warmUpRow(lane.head, length)], false);
      if (round > 0) times[name] = Math.min(times[name], performance.now() - start);
    }
  const tokenMs = Math.max((times.long - times.short) / Math.max(1, long - short), 1e-4);
  return { lane, tokenMs, runMs: Math.max(0, times.short - short * tokenMs) };
}

function warmUpRow(head: LaneHead, length: number): ModelRow {
  return {
    encoding: { ids: new Int32Array(length), typeIds: new Uint8Array(length) },
    reading:
      head === "encoder"
        ? { output: "states", pooling: "mean" }
        : head === "sequence-classification"
          ? { output: "logits" }
          : { output: "token-logits", from: 1, to: 2 },
  };
}
