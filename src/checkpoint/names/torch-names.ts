/** @file Names of parameters in PyTorch and safetensors files, of transformers from 2018 on. */
import { TIED_PARAMETERS } from "../../bert/parameters.js";
import type { NameMeaning } from "./canonical.js";

/** What training scripts wrap around a state dict. */
const WRAPPERS =
  /^(?:(?:module|model|state_dict|model_state_dict)\.)+(?=(?:module\.)?(?:bert|cls|classifier)\.)/;
const ALIASES = new Map(TIED_PARAMETERS.map(({ alias, canonical }) => [alias, canonical]));

const DENSE = "(?:weight|bias)";
const CANONICAL = new RegExp(
  `^(?:bert\\.(?:${[
    "embeddings\\.(?:word|position|token_type)_embeddings\\.weight",
    `embeddings\\.LayerNorm\\.${DENSE}`,
    `encoder\\.layer\\.[0-9]{1,4}\\.(?:attention\\.self\\.(?:query|key|value)|attention\\.output\\.(?:dense|LayerNorm)|intermediate\\.dense|output\\.(?:dense|LayerNorm))\\.${DENSE}`,
    `pooler\\.dense\\.${DENSE}`,
  ].join(
    "|",
  )})|cls\\.predictions\\.(?:bias|transform\\.(?:dense|LayerNorm)\\.${DENSE})|cls\\.seq_relationship\\.${DENSE}|classifier\\.${DENSE})$`,
);

/** Whether `name` is one that `parameterTable` can give for some configuration. */
export function isCanonical(name: string): boolean {
  return CANONICAL.test(name);
}

/** Old files say gamma and beta for LayerNorm; a bare `BertModel` leaves out the prefix `bert.`. */
export function fromTorch(fileName: string): NameMeaning {
  let name = fileName.replace(WRAPPERS, "").replace(/LayerNorm\.gamma$/, "LayerNorm.weight");
  name = name.replace(/LayerNorm\.beta$/, "LayerNorm.bias");
  if (/^(?:embeddings|encoder|pooler)\./.test(name)) name = `bert.${name}`;
  if (/\.position_ids$|\.token_type_ids$/.test(name)) return { kind: "buffer" };
  const canonical = ALIASES.get(name);
  if (canonical !== undefined) return { kind: "alias", name: canonical, transposed: false };
  return isCanonical(name) ? { kind: "parameter", name, transposed: false } : { kind: "unknown" };
}
