/** @file Names of variables in TensorFlow checkpoints of google-research/bert and BioBERT, both ways. */
import type { NameMeaning } from "./canonical.js";
import { isCanonical } from "./torch-names.js";

/** `kernel`s are `[in, out]` in TensorFlow; every other matrix lies as in PyTorch. */
const KERNEL = /\/kernel$/;
/** Slots of AdamWeightDecayOptimizer (optimization.py:118–129) and of tf.train.AdamOptimizer. */
const SLOT = /\/(adam_m|adam_v|Adam|Adam_1)$/;
const SLOTS: Readonly<Record<string, "m" | "v">> = { adam_m: "m", adam_v: "v", Adam: "m", Adam_1: "v" };
const OPTIMIZER_ONLY = /^(?:beta1_power|beta2_power|(?:.*\/)?(?:good_steps|loss_scale|iterations))$/;

/** Variables of fine-tuned models (run_classifier.py:586–592; BioBERT run_ner.py). */
const FINETUNED: Readonly<Record<string, string>> = {
  output_weights: "classifier.weight",
  output_bias: "classifier.bias",
};

export function fromGoogle(fileName: string): NameMeaning {
  if (fileName === "global_step") return { kind: "step" };
  if (OPTIMIZER_ONLY.test(fileName)) return { kind: "buffer" };
  const slot = SLOT.exec(fileName)?.[1];
  const variable = slot === undefined ? fileName : fileName.slice(0, -slot.length - 1);
  const name = FINETUNED[variable] ?? canonicalName(variable);
  if (!isCanonical(name)) return { kind: "unknown" };
  const transposed = KERNEL.test(variable);
  return slot === undefined
    ? { kind: "parameter", name, transposed }
    : { kind: "slot", slot: SLOTS[slot]!, name, transposed };
}

function canonicalName(variable: string): string {
  return variable
    .replaceAll("/", ".")
    .replace(/\blayer_([0-9]+)\b/, "layer.$1")
    .replace(/LayerNorm\.gamma$/, "LayerNorm.weight")
    .replace(/LayerNorm\.beta$/, "LayerNorm.bias")
    .replace(/_embeddings$/, "_embeddings.weight")
    .replace(/\.kernel$/, ".weight")
    .replace(/\.output_weights$/, ".weight")
    .replace(/\.output_bias$/, ".bias");
}

/** Google's name of a canonical parameter, and whether its matrix is transposed there. */
export function toGoogle(name: string): { readonly name: string; readonly transposed: boolean } {
  const finetuned = Object.entries(FINETUNED).find(([, canonical]) => canonical === name)?.[0];
  if (finetuned !== undefined) return { name: finetuned, transposed: false };
  const variable = name
    .replace(/\.layer\.([0-9]+)\./, ".layer_$1.")
    .replace(/LayerNorm\.weight$/, "LayerNorm.gamma")
    .replace(/LayerNorm\.bias$/, "LayerNorm.beta")
    .replace(/_embeddings\.weight$/, "_embeddings")
    .replace(/^cls\.predictions\.bias$/, "cls.predictions.output_bias")
    .replace(/^cls\.seq_relationship\.weight$/, "cls.seq_relationship.output_weights")
    .replace(/^cls\.seq_relationship\.bias$/, "cls.seq_relationship.output_bias")
    .replace(/\.weight$/, ".kernel")
    .replaceAll(".", "/");
  return { name: variable, transposed: KERNEL.test(variable) };
}
