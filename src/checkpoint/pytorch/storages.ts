/** @file What the pickle of a PyTorch file may name: storages, tensors on them, and the containers around. */

import { ClinicalBertError } from "../../errors.js";
import type { DType } from "../../graph/dtype.js";
import { checkedSize, quoteName } from "../weights.js";
import { PickleGlobal, type PickleHooks, type PickleValue } from "./pickle.js";

/** A run of elements in the file; where it lies is known only after the pickle. */
export interface StorageRef {
  readonly key: string;
  readonly type: DType;
  /** Number of elements of the whole storage. */
  readonly length: number;
  /** First element of the view that old files make of a storage; 0 in all others. */
  readonly viewOffset: number;
}

/** A strided window on a storage, in elements. */
export class TensorRef {
  constructor(
    readonly storage: StorageRef,
    readonly offset: number,
    readonly dims: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** A storage on the pickle's stack; nothing in a pickle can look like one. */
export class StorageHandle {
  constructor(readonly ref: StorageRef) {}
}

export const STORAGE_TYPES: Readonly<Record<string, DType>> = {
  "torch.FloatStorage": "float32",
  "torch.DoubleStorage": "float64",
  "torch.HalfStorage": "float16",
  "torch.BFloat16Storage": "bfloat16",
  "torch.LongStorage": "int64",
  "torch.IntStorage": "int32",
  "torch.ShortStorage": "int16",
  "torch.CharStorage": "int8",
  "torch.ByteStorage": "uint8",
  "torch.BoolStorage": "bool",
};

const CALLABLES = [
  "collections.OrderedDict",
  "torch.Size",
  "torch.Tensor",
  "torch.device",
  "torch.nn.parameter.Parameter",
  "torch._tensor._rebuild_from_type_v2",
  "torch._utils._rebuild_parameter",
  "torch._utils._rebuild_parameter_with_state",
  "torch._utils._rebuild_tensor",
  "torch._utils._rebuild_tensor_v2",
] as const;

const ALLOWED = new Set<string>([...Object.keys(STORAGE_TYPES), ...CALLABLES]);

/** The largest view that may have more elements than its storage (an expanded tensor). */
const LARGEST_EXPANSION = 1 << 20;

/** The hooks that turn a torch pickle into `TensorRef`s. `path` is for errors. */
export function torchHooks(path: string, malformed: PickleHooks["malformed"]): PickleHooks {
  const refuse = (what: string): Error => malformed(`the pickle has ${what}`, 0);
  return {
    malformed,
    findGlobal(module, name) {
      const qualified = `${module}.${name}`;
      if (!ALLOWED.has(qualified)) throw unsafe(path, qualified);
      return new PickleGlobal(qualified);
    },
    persistent(id) {
      return new StorageHandle(parseStorage(id, refuse));
    },
    construct(callable, args) {
      switch (callable.qualifiedName as (typeof CALLABLES)[number]) {
        case "collections.OrderedDict":
          return parseOrderedDict(args, refuse);
        case "torch.Size":
          return Array.isArray(args[0]) ? args[0] : [];
        case "torch.device":
          return null;
        case "torch._utils._rebuild_tensor":
        case "torch._utils._rebuild_tensor_v2":
          return parseTensor(args, refuse);
        case "torch._utils._rebuild_parameter":
        case "torch._utils._rebuild_parameter_with_state":
          return args[0] instanceof TensorRef ? args[0] : fail(refuse("a parameter without a tensor"));
        case "torch._tensor._rebuild_from_type_v2": {
          const [rebuild, , inner] = args;
          if (!(rebuild instanceof PickleGlobal) || !isRebuild(rebuild) || !Array.isArray(inner))
            throw refuse("a subclass of tensors that is not one");
          return parseTensor(inner as PickleValue[], refuse);
        }
        default:
          throw refuse(`a call of ${callable.qualifiedName}, which makes no tensor`);
      }
    },
  };
}

function isRebuild({ qualifiedName }: PickleGlobal): boolean {
  return qualifiedName.startsWith("torch._utils._rebuild_tensor");
}

function parseOrderedDict(args: readonly PickleValue[], refuse: (what: string) => Error): PickleValue {
  const dict = new Map<PickleValue, PickleValue>();
  const pairs = args[0] ?? [];
  if (!Array.isArray(pairs)) throw refuse("an OrderedDict of no pairs");
  for (const pair of pairs as PickleValue[]) {
    if (!Array.isArray(pair) || pair.length !== 2) throw refuse("an OrderedDict of no pairs");
    dict.set(pair[0] as PickleValue, pair[1] as PickleValue);
  }
  return dict;
}

/** `("storage", type, key, location, length[, view])` of torch/serialization.py, `persistent_id`. */
function parseStorage(id: PickleValue, refuse: (what: string) => Error): StorageRef {
  if (!Array.isArray(id) || id[0] !== "storage") throw refuse("a persistent id that is no storage");
  const [, global, key, , length, view] = id as PickleValue[];
  const type = global instanceof PickleGlobal ? STORAGE_TYPES[global.qualifiedName] : undefined;
  if (type === undefined || (typeof key !== "string" && typeof key !== "number"))
    throw refuse("a storage without type or key");
  if (checkedSize([length]) === null) throw refuse("a storage without a length");
  let viewOffset = 0;
  if (Array.isArray(view)) {
    const [, offset, size] = view as PickleValue[];
    if (checkedSize([offset, size]) === null) throw refuse("a view of a storage without offset and size");
    viewOffset = offset as number;
  }
  return { key: String(key), type, length: length as number, viewOffset };
}

/** `(storage, offset, size, stride, …)` of torch/_utils.py, `_rebuild_tensor_v2`. */
function parseTensor(args: readonly PickleValue[], refuse: (what: string) => Error): TensorRef {
  const [handle, offset, dims, strides] = args;
  if (!(handle instanceof StorageHandle)) throw refuse("a tensor without a storage");
  if (!Array.isArray(dims) || !Array.isArray(strides) || dims.length !== strides.length)
    throw refuse("a tensor without a shape");
  const size = checkedSize(dims);
  if (
    size === null ||
    checkedSize([offset]) === null ||
    strides.some((stride) => checkedSize([stride]) === null)
  )
    throw refuse("a tensor whose shape, strides or offset are no counts");
  const { ref } = handle;
  const start = ref.viewOffset + (offset as number);
  const tensor = new TensorRef(ref, start, dims as number[], strides as number[]);
  if (size > 0 && start + spanOf(tensor) > ref.length)
    throw refuse(`a tensor that ends after its storage ${quoteName(ref.key)} (${ref.length} elements)`);
  if (size > Math.max(ref.length, LARGEST_EXPANSION))
    throw refuse(`a tensor of ${size} elements on a storage of ${ref.length}`);
  return tensor;
}

/** Elements of the storage between the first and after the last of a tensor that has some. */
export function spanOf({ dims, strides }: TensorRef): number {
  return dims.reduce((span, dim, axis) => span + (dim - 1) * strides[axis]!, 1);
}

function unsafe(path: string, qualified: string): ClinicalBertError {
  const name = quoteName(qualified);
  return new ClinicalBertError(
    "CHECKPOINT_UNSAFE",
    `${path}: its pickle asks for ${name}, which no tensor needs.`,
    {
      details: { path, global: qualified.slice(0, 200) },
    },
  );
}

function fail(error: Error): never {
  throw error;
}
