/** @file The large products of a spaCy pipeline, done by a runtime, whose kernels are several times faster than WebAssembly's. */
import { GraphBuilder } from "../graph/builder.js";
import { Tensor } from "../graph/tensor.js";
import type { Value } from "../graph/value.js";
import type { OutsideArithmetic } from "../spacy/matrix-product.js";
import type { MaxoutWeights } from "../spacy/maxout.js";
import type { Executable, Runtime, TensorMap } from "./runtime.js";

/** Arithmetic that holds compiled graphs. Whoever made it calls `dispose` when the pipeline is done. */
export interface RuntimeArithmetic {
  readonly arithmetic: OutsideArithmetic;
  dispose(): Promise<void>;
}

/** One compiled graph for each product or encoder; every call finishes later. */
export function createRuntimeArithmetic(runtime: Runtime): RuntimeArithmetic {
  const compiled: Promise<Executable>[] = [];
  /** Runs a graph whose input `input` and output `output` are matrices. */
  const caller = (
    { builder, constants }: ScopedGraph,
    inputs: number,
    outputs: number,
    more: (rows: number) => TensorMap,
  ) => {
    const executable = runtime.compile(builder.finish(), { constants });
    compiled.push(executable);
    return async (input: Float32Array, rows: number, output: Float32Array): Promise<void> => {
      const feeds = {
        input: Tensor.float32(input.subarray(0, rows * inputs), [rows, inputs]),
        ...more(rows),
      };
      const into = { output: Tensor.float32(output.subarray(0, rows * outputs), [rows, outputs]) };
      await (await executable).run(feeds, into);
    };
  };
  return {
    arithmetic: {
      product: (weights, bias, outputs, inputs) =>
        caller(productGraph(weights, bias, outputs, inputs), inputs, outputs, () => ({})),
      encoder(layers, window, varianceFloor) {
        const width = layers[0]!.outputs;
        let windows = windowIndices(0, window);
        return caller(encoderGraph(layers, window, varianceFloor), width, width, (rows) => {
          if (windows.dims[0] !== rows) windows = windowIndices(rows, window);
          return { windows };
        });
      },
    },
    async dispose() {
      for (const executable of compiled.splice(0)) await (await executable).dispose();
    },
  };
}

/** Weights are constants: the runtime arranges them for its kernel once, not at every product. */
interface ScopedGraph {
  readonly builder: GraphBuilder;
  readonly constants: ReadonlyMap<string, Tensor>;
}

function productGraph(
  weights: Float32Array,
  bias: Float32Array | null,
  outputs: number,
  inputs: number,
): ScopedGraph {
  const builder = new GraphBuilder();
  const input = builder.input("input", "float32", ["T", inputs]);
  const matrix = builder.input("weights", "float32", [outputs, inputs]);
  const constants = new Map([["weights", Tensor.float32(weights, [outputs, inputs])]]);
  if (bias !== null) constants.set("bias", Tensor.float32(bias, [outputs]));
  const addend = bias === null ? {} : { addend: builder.input("bias", "float32", [outputs]) };
  builder.output("output", builder.gemm(input, matrix, { transB: true, ...addend }));
  return { builder, constants };
}

function encoderGraph(layers: readonly MaxoutWeights[], window: number, varianceFloor: number): ScopedGraph {
  const g = new GraphBuilder();
  const slots = 2 * window + 1;
  const constants = new Map<string, Tensor>();
  const constant = (name: string, values: Float32Array, dims: readonly number[]): Value => {
    constants.set(name, Tensor.float32(values, dims));
    return g.input(name, "float32", dims);
  };
  const windows = g.input("windows", "int32", ["T", slots]);
  let rows = g.input("input", "float32", ["T", layers[0]!.outputs]);
  for (const [index, { outputs, pieces, inputs, weights, bias, gain, shift }] of layers.entries()) {
    const seen = g.reshape(g.gather(rows, windows), ["T", inputs]);
    // One product for each piece, [outputs, pieces, inputs]: their maxima then need no transposition.
    const maxima = Array.from({ length: pieces }, (_, piece) => {
      const at = (row: number): number => row * pieces + piece;
      const own = new Float32Array(outputs * inputs);
      for (let o = 0; o < outputs; o++)
        own.set(weights.subarray(at(o) * inputs, (at(o) + 1) * inputs), o * inputs);
      const ownBias = Float32Array.from({ length: outputs }, (_, o) => bias[at(o)]!);
      const name = `layers.${index}.${piece}`;
      return g.gemm(seen, constant(`${name}.weights`, own, [outputs, inputs]), {
        transB: true,
        addend: constant(`${name}.bias`, ownBias, [outputs]),
      });
    }).reduce((a, b) => g.add(b, g.relu(g.sub(a, b))));
    const normalized = g.layerNormalization(
      maxima,
      constant(`layers.${index}.gain`, gain, [outputs]),
      constant(`layers.${index}.shift`, shift, [outputs]),
      varianceFloor,
    );
    rows = g.add(rows, normalized);
  }
  g.output("output", rows);
  return { builder: g, constants };
}

/** [rows, 2 · window + 1]: the rows that each row sees; beyond the ends, the last one. */
function windowIndices(rows: number, window: number): Tensor {
  const slots = 2 * window + 1;
  const indices = Int32Array.from({ length: rows * slots }, (_, at) =>
    Math.min(rows - 1, Math.max(0, Math.floor(at / slots) + (at % slots) - window)),
  );
  return new Tensor("int32", indices, [rows, slots]);
}
