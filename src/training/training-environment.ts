/** @file Where a run is computed: recorded in checkpoints, because another place may change its last bits. */
import { cpus } from "node:os";
import { GraphBuilder } from "../graph/builder.js";
import { ortVersion } from "../runtime/ort-node.js";
import type { Runtime } from "../runtime/runtime.js";

/** What may differ between two machines and would change the last bits of a run. */
export interface TrainingEnvironment {
  readonly onnxruntime: string;
  readonly threads: string;
  readonly microBatch: string;
  readonly processor: string;
  /** `flushed` or `kept`, by the thread of the optimizer. */
  readonly denormals: string;
}

/**
 * Whether this thread, which runs the optimizer, takes denormal numbers for 0. onnxruntime turns that on in the thread that
 * makes the first session of a process: a second training in one process may differ from the first in its last bits.
 */
async function flushesDenormals(runtime: Runtime): Promise<boolean> {
  const g = new GraphBuilder();
  g.output("y", g.exp(g.input("x", "float32", [1])));
  await (await runtime.compile(g.finish())).dispose();
  const smallest = Float64Array.of(Number.MIN_VALUE);
  return smallest[0]! * 2 === 0;
}

/** `microBatch` says how batches are cut. */
export async function describeEnvironment(
  runtime: Runtime,
  threads: number,
  microBatch: string,
): Promise<TrainingEnvironment> {
  return {
    onnxruntime: await ortVersion(),
    threads: String(threads),
    microBatch,
    processor: `${process.arch} ${cpus()[0]?.model ?? "unknown"}`,
    denormals: (await flushesDenormals(runtime)) ? "flushed" : "kept",
  };
}
