/** @file Opens a sentence splitter whose products onnxruntime does: for whoever splits many texts. */
import { createOrtRuntime } from "../runtime/ort-node.js";
import { createRuntimeArithmetic } from "../runtime/spacy-arithmetic.js";
import { openSentenceSplitter, type SentenceSplitterOptions } from "../sentences/open-splitter.js";
import type { SentenceSplitter } from "../sentences/sentence.js";

/**
 * The splitter named, with the same answers as `openSentenceSplitter` gives. One thread: whoever wants more runs more
 * splitters. Where onnxruntime cannot be loaded the package's own kernels do the products. Call `dispose` when it is done.
 */
export function openFastSplitter(options: SentenceSplitterOptions): Promise<SentenceSplitter> {
  return openSentenceSplitter(options, async () => {
    try {
      return createRuntimeArithmetic(await createOrtRuntime({ threads: 1 }));
    } catch {
      return null;
    }
  });
}
