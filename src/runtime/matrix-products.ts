/** @file Matrix products of a spaCy pipeline, done by a runtime: where large ones are several times faster than WebAssembly's. */
import { GraphBuilder } from "../graph/builder.js";
import { Tensor } from "../graph/tensor.js";
import type { MatrixProducts } from "../spacy/matrix-product.js";
import type { Executable, Runtime } from "./runtime.js";

/** Products that hold compiled graphs. Whoever made them calls `dispose` when the pipeline is done. */
export interface RuntimeProducts {
  readonly products: MatrixProducts;
  dispose(): Promise<void>;
}

/** One compiled graph a product, `input · weightsᵀ + bias`; every product finishes later. */
export function createRuntimeProducts(runtime: Runtime): RuntimeProducts {
  const compiled: Promise<Executable>[] = [];
  return {
    products(weights, bias, outputs, inputs) {
      const executable = compileProduct(runtime, outputs, inputs);
      compiled.push(executable);
      const constants = {
        weights: Tensor.float32(weights, [outputs, inputs]),
        bias: Tensor.float32(bias ?? new Float32Array(outputs), [outputs]),
      };
      return async (input, rows, output) => {
        const feeds = {
          ...constants,
          input: Tensor.float32(input.subarray(0, rows * inputs), [rows, inputs]),
        };
        const into = { output: Tensor.float32(output.subarray(0, rows * outputs), [rows, outputs]) };
        await (await executable).run(feeds, into);
      };
    },
    async dispose() {
      for (const executable of compiled.splice(0)) await (await executable).dispose();
    },
  };
}

function compileProduct(runtime: Runtime, outputs: number, inputs: number): Promise<Executable> {
  const builder = new GraphBuilder();
  const input = builder.input("input", "float32", ["T", inputs]);
  const weights = builder.input("weights", "float32", [outputs, inputs]);
  const bias = builder.input("bias", "float32", [outputs]);
  builder.output("output", builder.gemm(input, weights, { transB: true, addend: bias }));
  return runtime.compile(builder.finish());
}
