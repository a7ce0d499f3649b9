/** @file A compiled graph in a session of onnxruntime: what the builds for Node and for browsers share. Loads neither. */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { ClinicalBertError } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import type { Graph } from "../graph/value.js";
import { checkFeeds } from "./feeds.js";
import { type Executable, type TensorMap, trackExecutable, untrackExecutable } from "./runtime.js";

/** Runs on whichever build of onnxruntime made the session; frees it when disposed of. */
export class OrtExecutable implements Executable {
  readonly #tensor: typeof OrtTensor;
  readonly #graph: Graph;
  /** Only the names are needed; the numbers are in the session. */
  readonly #constants: ReadonlyMap<string, Tensor> | undefined;
  #session: InferenceSession | null;
  /** onnxruntime's views of tensors that come again and again (weights, gradients), by the tensor they show. */
  readonly #views = new WeakMap<Tensor, OrtTensor>();

  constructor(
    tensor: typeof OrtTensor,
    graph: Graph,
    session: InferenceSession,
    constants?: ReadonlyMap<string, Tensor>,
  ) {
    this.#tensor = tensor;
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
      throw ortFailure("could not run a graph", error);
    }
    const outputs: Record<string, Tensor> = {};
    for (const name of this.#graph.outputs.keys()) {
      const given = into[name];
      if (given !== undefined) discard(results[name]!, given);
      outputs[name] = given ?? fromOrt(results[name]!);
    }
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
    const view = new this.#tensor(tensor.type as "float32", tensor.data as Float32Array, tensor.dims);
    this.#views.set(tensor, view);
    return view;
  }
}

let drain: InstanceType<typeof MessageChannel>["port1"] | null = null;

/**
 * onnxruntime-node writes to the tensors that it is given and then copies them into new arrays for its answer. Left to the collector, these
 * make it mark the whole heap many times a second; a message to a closed port takes them away at once.
 */
function discard(answer: OrtTensor, given: Tensor): void {
  const { buffer } = answer.data as Float32Array<ArrayBuffer>;
  if (buffer === given.data.buffer) return;
  if (drain === null) {
    drain = new MessageChannel().port1;
    drain.close();
  }
  drain.postMessage(null, [buffer]);
}

function fromOrt(tensor: OrtTensor): Tensor {
  return new Tensor(tensor.type as Tensor["type"], tensor.data as Tensor["data"], tensor.dims);
}

/** onnxruntime's messages speak of nodes, shapes and memory, never of elements. */
export function ortFailure(what: string, error: unknown): ClinicalBertError {
  return new ClinicalBertError("RUNTIME_FAILED", `onnxruntime ${what}: ${messageOf(error)}.`, {
    cause: error,
  });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, "") : String(error);
}
