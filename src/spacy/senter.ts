/** @file Sentence starts from a classifier over token vectors (`senter`) or from punctuation marks (`sentencizer`). */
import { createArithmetic, paddedOutputs } from "./arithmetic.js";
import { isPunctuationText } from "./python-text.js";

/** The output layer of a `senter`: [2, width] and [2]; class 1 begins a sentence. */
export interface SenterWeights {
  readonly width: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** Writes 1 and -1 for the words of one text, whose vectors begin at row `base`; the distance of the two scores goes to `observe`. */
export type Senter = (
  vectors: Float32Array,
  base: number,
  starts: Int8Array,
  overwrite: boolean,
  observe?: (margin: number) => void,
) => void;

/** spacy/pipeline/senter.pyx: the first of equal scores wins, and what is set stays unless `overwrite`. */
export function createSenter({ width, weights, bias }: SenterWeights): Senter {
  const stride = paddedOutputs(2);
  const arithmetic = createArithmetic({
    floats: (width + 1) * stride + BLOCK * (width + stride) + 64,
    products: [width],
    slots: [],
    features: 0,
  });
  const product = arithmetic.product(weights, bias, 2, width);
  const input = arithmetic.allocate(BLOCK * width);
  const scores = arithmetic.allocate(BLOCK * stride);
  return (vectors, base, starts, overwrite, observe) => {
    for (let first = 0; first < starts.length; first += BLOCK) {
      const rows = Math.min(BLOCK, starts.length - first);
      input.set(vectors.subarray((base + first) * width, (base + first + rows) * width));
      product(input, rows, scores);
      for (let row = 0; row < rows; row++) {
        const [inside, start] = [scores[row * stride]!, scores[row * stride + 1]!];
        observe?.(Math.abs(start - inside));
        if (starts[first + row] === 0 || overwrite) starts[first + row] = start > inside ? 1 : -1;
      }
    }
  };
}

/** Words whose scores are computed together. */
const BLOCK = 252;

/** spacy/pipeline/sentencizer.pyx: a sentence starts after marks, at the next word that is neither mark nor punctuation. */
export function markSentences(
  texts: readonly string[],
  marks: ReadonlySet<string>,
  starts: Int8Array,
  overwrite: boolean,
): void {
  let afterMark = false;
  for (const [index, text] of texts.entries()) {
    const isMark = marks.has(text);
    let begins = index === 0;
    if (afterMark && !isMark && !isPunctuationText(text)) {
      begins = true;
      afterMark = false;
    } else if (isMark) afterMark = true;
    if (starts[index] === 0 || overwrite) starts[index] = begins ? 1 : -1;
  }
}
