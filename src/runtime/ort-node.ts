/** @file Runs graphs on onnxruntime-node. The only home of that package, which is loaded at the first call. */
import { availableParallelism } from "node:os";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { ClinicalBertError } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import type { Graph } from "../graph/value.js";
import { lowerGraph } from "../onnx/lower.js";
import { checkFeeds } from "./feeds.js";
import {
  type Executable,
  type Runtime,
  type TensorMap,
  trackExecutable,
  untrackExecutable,
} from "./runtime.js";

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
    async compile(graph, { constants, quantize = false } = {}) {
      const lowered = lowerGraph(graph, {
        ...(constants === undefined ? {} : { initializers: constants }),
        quantize,
      });
      const session = await createSession(ort, lowered.toBytes(), device, threads);
      return new OrtExecutable(ort, graph, session, constants);
    },
  };
}

/** Version of onnxruntime-node. */
export async function ortVersion(): Promise<string> {
  const ort: Ort = await import("onnxruntime-node");
  return ort.env.versions.node ?? "unknown";
}

/** Loads an ONNX model that is already bytes or a file (an exported or published one) under the same options. */
export async function createSession(
  ort: Ort,
  model: Uint8Array,
  device: Device,
  threads: number,
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
      logSeverityLevel: 3,
      // Gradients reach denormal numbers, on which processors are a hundred times slower. onnxruntime turns them off for the
      // session's pool, and for the calling thread only when this is the first session of the process: threads started
      // from that one inherit it, a worker that ran before it does not.
      extra: { session: { set_denormal_as_zero: "1" } },
    });
  } catch (error) {
    if (device === "cpu") throw failure("could not compile a graph", error);
    const message = `The device ${device} cannot be used here; cpu can. onnxruntime says: ${messageOf(error)}.`;
    throw new ClinicalBertError("RUNTIME_DEVICE", message, { details: { device, devices: DEVICES } });
  }
}

class OrtExecutable implements Executable {
  readonly #ort: Ort;
  readonly #graph: Graph;
  /** Only the names are needed; the numbers are in the session. */
  readonly #constants: ReadonlyMap<string, Tensor> | undefined;
  #session: InferenceSession | null;
  /** onnxruntime's views of tensors that come again and again (weights, gradients), by the tensor they show. */
  readonly #views = new WeakMap<Tensor, OrtTensor>();

  constructor(ort: Ort, graph: Graph, session: InferenceSession, constants?: ReadonlyMap<string, Tensor>) {
    this.#ort = ort;
    this.#constants = constants;
    this.#graph = graph;
    this.#session = session;
    trackExecutable(this);
  }

  async run(feeds: TensorMap, into: TensorMap = {}): Promise<Record<string, Tensor>> {
    if (this.#session === null)
      throw new ClinicalBertError("RUNTIME_FAILED", "The executable was disposed of before this run.");
    checkFeeds(this.#graph, feeds, { constants: this.#constants });
    const inputs: Record<string, OrtTensor> = {};
    for (const { node } of this.#graph.inputs)
      if (node.op === "input" && this.#constants?.has(node.attributes.name) !== true)
        inputs[node.attributes.name] = this.#view(feeds[node.attributes.name]!);
    const fetches: Record<string, OrtTensor | null> = {};
    for (const name of this.#graph.outputs.keys())
      fetches[name] = into[name] === undefined ? null : this.#view(into[name]);
    let results: InferenceSession.ReturnType;
    try {
      results = await this.#session.run(inputs, fetches);
    } catch (error) {
      throw failure("could not run a graph", error);
    }
    const outputs: Record<string, Tensor> = {};
    for (const name of this.#graph.outputs.keys()) outputs[name] = into[name] ?? fromOrt(results[name]!);
    return outputs;
  }

  async dispose(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    untrackExecutable(this);
    await session?.release();
  }

  #view(tensor: Tensor): OrtTensor {
    const known = this.#views.get(tensor);
    if (known !== undefined) return known;
    const view = new this.#ort.Tensor(tensor.type as "float32", tensor.data as Float32Array, tensor.dims);
    this.#views.set(tensor, view);
    return view;
  }
}

function fromOrt(tensor: OrtTensor): Tensor {
  return new Tensor(tensor.type as Tensor["type"], tensor.data as Tensor["data"], tensor.dims);
}

/** onnxruntime's messages speak of nodes, shapes and memory, never of elements. */
function failure(what: string, error: unknown): ClinicalBertError {
  return new ClinicalBertError("RUNTIME_FAILED", `onnxruntime ${what}: ${messageOf(error)}.`, {
    cause: error,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, "") : String(error);
}
