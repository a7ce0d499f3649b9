/** @file The yardstick of the arithmetic: one matrix product of BERT-base's feed-forward size, alone in a graph. */
import { GraphBuilder } from "../src/graph/builder.js";
import { Tensor } from "../src/graph/tensor.js";
import type { Runtime } from "../src/runtime/runtime.js";
import { startWatch, type Times } from "./stopwatch.js";

const [M, K, N] = [4096, 768, 3072];

export interface BareGemm {
  /** Runs the product once. */
  measure(): Promise<Times>;
  dispose(): Promise<void>;
}

export const GEMM_FLOPS = 2 * M * K * N;

export async function createBareGemm(runtime: Runtime): Promise<BareGemm> {
  const g = new GraphBuilder();
  const [a, b] = [g.input("a", "float32", [M, K]), g.input("b", "float32", [N, K])];
  g.output("y", g.gemm(a, b, { transB: true }));
  const executable = await runtime.compile(g.finish());
  const filled = (rows: number, columns: number): Tensor =>
    Tensor.float32(new Float32Array(rows * columns).fill(0.01), [rows, columns]);
  const feeds = { a: filled(M, K), b: filled(N, K) };
  const into = { y: filled(M, N) };
  await executable.run(feeds, into);
  return {
    async measure() {
      const stop = startWatch();
      await executable.run(feeds, into);
      return stop();
    },
    dispose: () => executable.dispose(),
  };
}
