/** @file Models of any shape with random weights: what they cost does not depend on what they have learned. */
import type { BertConfig } from "../src/bert/config.js";
import { type BertHead, parameterTable } from "../src/bert/parameters.js";
import { Tensor } from "../src/graph/tensor.js";
import { createVocabulary, WordPieceTokenizer } from "../src/tokens/index.js";
import { createWords } from "../src/util/counter-random.js";

const SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

export function randomParameters(
  config: BertConfig,
  heads: readonly BertHead[],
): Map<string, Tensor<Float32Array>> {
  return new Map(
    parameterTable(config, heads).map(({ name, shape, initializer }, index) => {
      const tensor = Tensor.zeros("float32", shape) as Tensor<Float32Array>;
      if (initializer === "ones") tensor.data.fill(1);
      if (initializer === "truncated-normal") fillUniform(tensor.data, index, config.initializerRange);
      return [name, tensor];
    }),
  );
}

/** Five special tokens, then `w0`, `w1`, … */
export function benchTokenizer(vocabularySize: number): WordPieceTokenizer {
  const words = Array.from({ length: vocabularySize - SPECIALS.length }, (_, index) => `w${index}`);
  return new WordPieceTokenizer(createVocabulary([...SPECIALS, ...words]), {
    dialect: "huggingface",
    lowercase: false,
  });
}

/** Uniform numbers of the given standard deviation. */
function fillUniform(data: Float32Array, stream: number, deviation: number): void {
  const word = createWords(7, stream, [0, 0, 0]);
  for (let index = 0; index < data.length; index++)
    data[index] = (word() / 2 ** 32 - 0.5) * deviation * Math.sqrt(12);
}
