/** @file Sentence starts from a classifier over token vectors (`senter`) or from punctuation marks (`sentencizer`). */
import type { MatrixProducts } from "./matrix-product.js";
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
export function createSenter(model: SenterWeights, products: MatrixProducts): Senter {
  const product = products(model.weights, model.bias, 2, model.width);
  return (vectors, base, starts, overwrite, observe) => {
    const scores = new Float32Array(starts.length * 2);
    if (starts.length > 0) product(vectors.subarray(base * model.width), model.width, starts.length, scores);
    for (let index = 0; index < starts.length; index++) {
      const [inside, start] = [scores[index * 2]!, scores[index * 2 + 1]!];
      observe?.(Math.abs(start - inside));
      if (starts[index] === 0 || overwrite) starts[index] = start > inside ? 1 : -1;
    }
  };
}

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
