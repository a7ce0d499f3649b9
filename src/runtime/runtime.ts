/** @file What a runtime is: it compiles graphs and runs them on tensors. Construction is in `ort-node.ts`, `ort-web.ts` and `reference.ts`. */
import type { Tensor } from "../graph/tensor.js";
import type { Graph } from "../graph/value.js";

/** Tensors by the name of a graph input or output. */
export type TensorMap = Readonly<Record<string, Tensor>>;

/** A compiled graph. Owns native memory: whoever compiled it calls `dispose`. */
export interface Executable {
  /**
   * Computes all outputs. `into` holds preallocated tensors for some of them: they are written in place and come back
   * in the result. An output may share its memory with an input that no other node reads after it is written.
   * Throws `RUNTIME_FEED` when a tensor is missing or of the wrong type or shape.
   */
  run(feeds: TensorMap, into?: TensorMap): Promise<Record<string, Tensor>>;
  /** Frees the compiled graph; the executable cannot be run after it. Harmless when called twice. */
  dispose(): Promise<void>;
}

export interface CompileOptions {
  /** Inputs that never change, by name: they are taken into the compiled graph and are not fed. */
  readonly constants?: ReadonlyMap<string, Tensor>;
  /** Gives linear layers on constant weights 8 bits a weight (see `onnx/quantize.ts`); refused by `reference`. */
  readonly quantize?: boolean;
}

export interface Runtime {
  readonly name: "ort-node" | "ort-web" | "reference";
  /** Fed tensors are copied at every run, as into WebAssembly's memory: weights are better given as `constants`. */
  readonly copiesFeeds: boolean;
  compile(graph: Graph, options?: CompileOptions): Promise<Executable>;
}

const live = new Set<Executable>();

/** Registers an executable until it is disposed, for the leak check of the tests. */
export function trackExecutable(executable: Executable): void {
  live.add(executable);
}

export function untrackExecutable(executable: Executable): void {
  live.delete(executable);
}

/** Executables that nobody has disposed yet. */
export function liveExecutables(): number {
  return live.size;
}
