/** @file Names of variables in `tf_model.h5` of transformers: the layer's group, the model's name, then the path of the variable. */
import type { NameMeaning } from "./canonical.js";
import { fromTorch } from "./torch-names.js";

/**
 * `bert/tf_bert_for_pre_training/bert/encoder/layer_._0/attention/self/query/kernel:0`, as
 * `convert_tf_weight_name_to_pt_weight_name` reads it (modeling_tf_pytorch_utils.py): `mlm___cls` is `cls`, `_._` a dot, `kernel`
 * is `[in, out]`, `gamma` and `beta` are LayerNorm's weight and bias, `embeddings` a table.
 */
export function fromKeras(fileName: string): NameMeaning {
  const parts = fileName.replace(/:\d+$/, "").replaceAll("_._", "/").split("/");
  if (parts.length < 3) return { kind: "unknown" };
  const path = parts.slice(2).map((part) => part.replace(/^.*___/, ""));
  const leaf = path.pop()!;
  const name = [...path, LEAVES[leaf] ?? leaf].join(".");
  const meaning = fromTorch(name);
  // The masked-LM layer saves the embeddings, with which its decoder is tied, a second time.
  const again = parts[0] !== parts[2] && meaning.kind === "parameter";
  if (again) return { ...meaning, kind: "alias", transposed: leaf === "kernel" };
  return meaning.kind === "parameter" || meaning.kind === "alias"
    ? { ...meaning, transposed: leaf === "kernel" }
    : meaning;
}

const LEAVES: Readonly<Record<string, string>> = {
  kernel: "weight",
  embeddings: "weight",
  gamma: "weight",
  beta: "bias",
};
