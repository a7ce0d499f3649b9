/** @file Runs graphs on onnxruntime-node. The only home of that package's code, which is loaded at the first call. */
import { availableParallelism } from "node:os";
import type { InferenceSession } from "onnxruntime-node";
import { ClinicalBertError } from "../errors.js";
import { lowerGraph } from "../onnx/lower.js";
import { messageOf, OrtExecutable, ortFailure } from "./ort-executable.js";
import { bytesOf } from "../util/protobuf.js";
import type { Runtime } from "./runtime.js";

export type Device = "cpu" | "cuda" | "webgpu";
export const DEVICES: readonly Device[] = ["cpu", "cuda", "webgpu"];

export interface OrtNodeOptions {
  readonly device?: Device;
  /** Threads inside one op; all cores by default. */
  readonly threads?: number;
}

type Ort = typeof import("onnxruntime-node");

/**
 * A runtime on `device`. Throws `RUNTIME_DEVICE` when this machine, or this build of onnxruntime, does not have it; there
 * is no silent fall-back to the processor.
 */
export async function createOrtRuntime({
  device = "cpu",
  threads = availableParallelism(),
}: OrtNodeOptions = {}): Promise<Runtime> {
  const ort: Ort = await import("onnxruntime-node");
  return {
    name: "ort-node",
    copiesFeeds: false,
    async compile(graph, { constants = new Map(), quantize = false } = {}) {
      const model = lowerGraph(graph, { initializers: constants, quantize, external: true }).toBytes();
      // Each constant is an external file in memory, so that no model of its size is built beside the weights.
      const externalData = [...constants].map(([path, { data }]) => ({ path, data: bytesOf(data) }));
      const session = await createSession(ort, model, { device, threads, externalData });
      return new OrtExecutable(ort.Tensor, graph, session, constants);
    },
  };
}

/** Version of onnxruntime-node. */
export async function ortVersion(): Promise<string> {
  const ort: Ort = await import("onnxruntime-node");
  return ort.env.versions.node ?? "unknown";
}

interface SessionOptions extends Required<OrtNodeOptions> {
  /** Initializers that the model leaves out, by their location in it. */
  readonly externalData?: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** Loads an ONNX model that is already bytes or a file (an exported or published one) under the same options. */
export async function createSession(
  ort: Ort,
  model: Uint8Array,
  { device, threads, externalData = [] }: SessionOptions,
): Promise<InferenceSession> {
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: [device],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      // A planned block beside the chunks of the first run: up to 0.9 GB more at BERT-base, and no faster.
      enableMemPattern: false,
      externalData,
      logSeverityLevel: 3,
      // Gradients reach denormal numbers, on which processors are a hundred times slower. onnxruntime turns them off for the
      // session's pool, and for the calling thread only when this is the first session of the process: threads started
      // from that one inherit it, a worker that ran before it does not.
      extra: { session: { set_denormal_as_zero: "1" } },
    });
  } catch (error) {
    if (device === "cpu") throw ortFailure("could not compile a graph", error);
    const message = `The device ${device} cannot be used here; cpu can. onnxruntime says: ${messageOf(error)}.`;
    throw new ClinicalBertError("RUNTIME_DEVICE", message, { details: { device, devices: DEVICES } });
  }
}
