/** @file How far 8-bit weights move a model's hidden states, measured before a quantized model is written. */
import { type BertConfig, inferenceGraph } from "../bert/index.js";
import { Tensor } from "../graph/tensor.js";
import { createOrtRuntime } from "../runtime/index.js";

/** Cosine below which an export is refused: of the worst token, not of the mean. */
export const LEAST_COSINE = 0.95;

const SEQUENCES = 8;
const LENGTH = 64;

/**
 * The smallest cosine between a token's last hidden state in float32 and in 8 bits, over sequences of token ids. Without
 * `samples` (ids of real text) ids are spread over the vocabulary.
 */
export async function worstTokenCosine(
  config: BertConfig,
  parameters: ReadonlyMap<string, Tensor>,
  samples: readonly Int32Array[] = spreadIds(config),
): Promise<number> {
  const runtime = await createOrtRuntime();
  const graph = inferenceGraph(config);
  const exact = await runtime.compile(graph);
  const quantized = await runtime.compile(graph, { constants: parameters, quantize: true });
  let worst = 1;
  try {
    for (const ids of samples) {
      const inputs = {
        input_ids: new Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]),
        attention_mask: new Tensor("int64", new BigInt64Array(ids.length).fill(1n), [1, ids.length]),
        token_type_ids: Tensor.zeros("int64", [1, ids.length]),
      };
      const { last_hidden_state: wanted } = await exact.run({ ...Object.fromEntries(parameters), ...inputs });
      const { last_hidden_state: got } = await quantized.run(inputs);
      for (let token = 0; token < ids.length; token++)
        worst = Math.min(worst, cosine(wanted!.row(0).row(token).data, got!.row(0).row(token).data));
    }
  } finally {
    await exact.dispose();
    await quantized.dispose();
  }
  return worst;
}

function spreadIds({ vocabSize, maxPositions }: BertConfig): Int32Array[] {
  const length = Math.min(LENGTH, maxPositions);
  const step = vocabSize / (SEQUENCES * length);
  return Array.from({ length: SEQUENCES }, (_, row) =>
    Int32Array.from({ length }, (_, column) => Math.floor((column * SEQUENCES + row) * step) % vocabSize),
  );
}

function cosine(a: Tensor["data"], b: Tensor["data"]): number {
  let product = 0;
  let left = 0;
  let right = 0;
  for (let index = 0; index < a.length; index++) {
    product += Number(a[index]) * Number(b[index]);
    left += Number(a[index]) ** 2;
    right += Number(b[index]) ** 2;
  }
  return product / Math.sqrt(left * right);
}
