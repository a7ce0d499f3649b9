/** @file The module of the threads that run models. A thread loads its own copy of the weights, once for all heads of a model. */
import { AutoModelWithAllHeads } from "../pipelines/models.js";
import type { ModelRow, PreTrainedModel } from "../pipelines/index.js";
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

serveTasks<ModelTask, ModelReply, ModelThreadData>(async ({ weights, heads, lengths, dtype, threads }) => {
  const models: ReadonlyMap<LaneHead, PreTrainedModel>[] = [];
  for (const [index, source] of weights.entries()) {
    const model = await AutoModelWithAllHeads.from_pretrained(source, { dtype, threads, on_notice() {} });
    models.push(new Map(heads[index]!.map((head) => [head, model.withHeads(HEADS[head])])));
  }
  const run = ({ model, head }: Lane, rows: readonly ModelRow[]): Promise<Float32Array[]> =>
    models[model]!.get(head)!.readRows(rows, { tokensPerBatch: Number.POSITIVE_INFINITY, mostPadding: 1 });

  const handle: TaskHandler<ModelTask, ModelReply> = async (task) => {
    if (task.kind === "warm-up") {
      const lanes: LaneCost[] = [];
      for (const [model, byHead] of models.entries())
        for (const head of byHead.keys())
          lanes.push(await measure({ model, head, attention: false }, Math.min(LONG, lengths[model]!), run));
      return { kind: "warm", lanes };
    }
    const results = await run(task.lane, task.rows);
    return new Transferred<ModelReply>(
      { kind: "rows", results },
      results.map(({ buffer }) => buffer as ArrayBuffer),
    );
  };
  return handle;
});

async function measure(
  lane: Lane,
  long: number,
  run: (lane: Lane, rows: readonly ModelRow[]) => Promise<Float32Array[]>,
): Promise<LaneCost> {
  const short = Math.max(2, Math.floor(long / SHORTER));
  const times = { short: Number.POSITIVE_INFINITY, long: Number.POSITIVE_INFINITY };
  for (let round = 0; round <= WARM_UP_RUNS; round++)
    for (const [name, length] of [
      ["short", short],
      ["long", long],
    ] as const) {
      const start = performance.now();
      await run(lane, [warmUpRow(lane.head, length)]);
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
