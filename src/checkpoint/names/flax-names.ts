/** @file Names of parameters in Flax files of transformers: keys of nested maps joined by "/". */
import type { NameMeaning } from "./canonical.js";
import { fromTorch } from "./torch-names.js";

/** `kernel` is `[in, out]`; `scale` is LayerNorm's weight; `embedding` a table (modeling_flax_pytorch_utils.py). */
export function fromFlax(fileName: string): NameMeaning {
  const transposed = /\/kernel$/.test(fileName);
  const name = fileName
    .replace(/^params\//, "")
    .replace(/\/(?:kernel|scale|embedding)$/, "/weight")
    .replaceAll("/", ".");
  const meaning = fromTorch(name);
  return meaning.kind === "parameter" || meaning.kind === "alias" ? { ...meaning, transposed } : meaning;
}
