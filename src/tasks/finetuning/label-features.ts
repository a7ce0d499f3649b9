/** @file Texts and pairs with one label to features. */
import type { WordPieceTokenizer } from "../../tokens/wordpiece-tokenizer.js";
import type { LabelExample } from "../example.js";
import { type Feature, IGNORED } from "./feature.js";

/**
 * `[CLS] a [SEP]` or `[CLS] a [SEP] b [SEP]`; of a pair that is too long the longer text loses its last tokens, one by one
 * (run_classifier.py:346–360); `cut` counts these. A label that is not among `labels` is ignored in the loss.
 */
export function labelFeatures(
  examples: readonly LabelExample[],
  tokenizer: WordPieceTokenizer,
  { labels, maxLength }: { readonly labels: readonly string[]; readonly maxLength: number },
): { readonly features: Feature[]; readonly cut: number } {
  let cut = 0;
  const classOf = new Map(labels.map((label, index) => [label, index]));
  const features = examples.map(({ text, pair, label }, example): Feature => {
    const { ids, typeIds, overflowing } = tokenizer.encode(pair === undefined ? text : [text, pair], {
      truncation: { maxLength },
    });
    if (overflowing.length > 0) cut++;
    return { example, ids, typeIds, labels: Int32Array.of(classOf.get(label) ?? IGNORED), words: null };
  });
  return { features, cut };
}
