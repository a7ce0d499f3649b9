/** @file What the tensors of a weights file are: canonical parameters under whatever names the format has, slots, buffers, strangers. */
import type { BertHead } from "../../bert/parameters.js";
import { arrayOf } from "../../graph/dtype.js";
import { sizeOf, Tensor } from "../../graph/tensor.js";
import type { TensorInfo, TensorSource, Weights } from "../weights.js";
import { fromFlax } from "./flax-names.js";
import { fromGoogle } from "./google-names.js";
import { fromKeras } from "./keras-names.js";
import { fromTorch } from "./torch-names.js";

/** What a name of a file means. */
export type NameMeaning =
  | { readonly kind: "parameter"; readonly name: string; readonly transposed: boolean }
  /** A second name of a tied parameter, `name`. */
  | { readonly kind: "alias"; readonly name: string; readonly transposed: boolean }
  /** First or second moment of Adam. */
  | { readonly kind: "slot"; readonly slot: "m" | "v"; readonly name: string; readonly transposed: boolean }
  | { readonly kind: "step" }
  /** Needed by nobody: position ids, moving averages of other optimizers. */
  | { readonly kind: "buffer" }
  | { readonly kind: "unknown" };

/** A tensor of the file under its canonical name. */
export interface MappedTensor {
  /** Canonical name. */
  readonly name: string;
  /** Name in the file. */
  readonly source: string;
  /** The file has `[in, out]` where the canonical tensor is `[out, in]`. */
  readonly transposed: boolean;
}

export interface NameMap {
  readonly parameters: readonly MappedTensor[];
  readonly aliases: readonly MappedTensor[];
  readonly slots: readonly (MappedTensor & { readonly slot: "m" | "v" })[];
  /** Name of the global step in the file. */
  readonly step: string | null;
  readonly buffers: readonly string[];
  /** Names that no BERT of this package has. */
  readonly unknown: readonly string[];
}

const READERS = {
  safetensors: fromTorch,
  pytorch: fromTorch,
  tensorflow: fromGoogle,
  flax: fromFlax,
  keras: fromKeras,
} as const satisfies Record<Weights["format"], (name: string) => NameMeaning>;

/** Sorts the tensors of a file by what they are. */
export function mapNames(weights: Weights): NameMap {
  const parameters = new Map<string, MappedTensor>();
  const aliases: MappedTensor[] = [];
  const slots: (MappedTensor & { slot: "m" | "v" })[] = [];
  const buffers: string[] = [];
  const unknown: string[] = [];
  let step: string | null = null;
  for (const { name: source } of weights.tensors) {
    const meaning = READERS[weights.format](source);
    if (meaning.kind === "buffer") buffers.push(source);
    else if (meaning.kind === "step") step = source;
    else if (meaning.kind === "unknown") unknown.push(source);
    else {
      const { name, transposed } = meaning;
      if (meaning.kind === "slot") slots.push({ name, source, transposed, slot: meaning.slot });
      else if (meaning.kind === "alias") aliases.push({ name, source, transposed });
      else if (parameters.has(name)) unknown.push(source);
      else parameters.set(name, { name, source, transposed });
    }
  }
  for (const alias of aliases) if (!parameters.has(alias.name)) parameters.set(alias.name, alias);
  return { parameters: [...parameters.values()], aliases, slots, step, buffers, unknown };
}

/** The heads whose every parameter is among `names`. */
export function headsAmong(names: ReadonlySet<string>): ReadonlySet<BertHead> {
  const heads = new Set<BertHead>();
  const has = (prefix: string): boolean => names.has(`${prefix}.weight`) && names.has(`${prefix}.bias`);
  if (has("bert.pooler.dense")) heads.add("pooler");
  const transform = "cls.predictions.transform";
  if (names.has("cls.predictions.bias") && has(`${transform}.dense`) && has(`${transform}.LayerNorm`))
    heads.add("masked-lm");
  if (has("cls.seq_relationship")) heads.add("next-sentence");
  if (has("classifier")) heads.add("sequence-classification").add("token-classification");
  return heads;
}

/** `mapped` tensors of `weights` under their canonical names, transposed where the format needs it. */
export function canonicalTensors(weights: Weights, mapped: readonly MappedTensor[]): TensorSource {
  const infoOf = new Map(weights.tensors.map((info) => [info.name, info]));
  const byName = new Map(mapped.map((tensor) => [tensor.name, tensor]));
  return {
    tensors: mapped.map(({ name, source, transposed }): TensorInfo => {
      const { type, dims } = infoOf.get(source)!;
      return { name, type, dims: transposed ? [...dims].reverse() : dims };
    }),
    async read(name) {
      const found = byName.get(name);
      const tensor = await weights.read(found?.source ?? name);
      return found?.transposed === true ? transpose(tensor) : tensor;
    },
  };
}

/** Swaps the axes of a matrix. Blocks keep both sides within the cache. */
export function transpose(tensor: Tensor): Tensor {
  const [rows, columns] = tensor.dims;
  if (rows === undefined || columns === undefined || tensor.dims.length !== 2) return tensor;
  const { data: from } = tensor;
  const to = new (arrayOf(tensor.type))(sizeOf(tensor.dims));
  const block = 32;
  for (let top = 0; top < rows; top += block)
    for (let left = 0; left < columns; left += block)
      for (let row = top; row < Math.min(top + block, rows); row++)
        for (let column = left; column < Math.min(left + block, columns); column++)
          to[column * rows + row] = from[row * columns + column]!;
  return new Tensor(tensor.type, to, [columns, rows]);
}
