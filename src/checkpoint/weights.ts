/** @file Named tensors of a weights-only file, whatever its format. */
import { ClinicalBertError } from "../errors.js";
import type { DType } from "../graph/dtype.js";
import { sizeOf, type Tensor } from "../graph/tensor.js";

/** What is known of a tensor before its bytes are read. */
export interface TensorInfo {
  readonly name: string;
  readonly type: DType;
  readonly dims: readonly number[];
}

/** Anything that writers can take tensors from, one at a time. */
export interface TensorSource {
  readonly tensors: readonly TensorInfo[];
  read(name: string): Promise<Tensor>;
}

export type WeightsFormat = "safetensors" | "pytorch" | "tensorflow" | "flax" | "keras";

/** An open weights file (safetensors, PyTorch, TensorFlow bundle, Flax, Keras). Owns file handles: `close` when done. */
export interface Weights extends TensorSource {
  readonly path: string;
  readonly format: WeightsFormat;
  /** In the order of the file. */
  readonly tensors: readonly TensorInfo[];
  /** Strings that the file carries beside its tensors; empty for most formats. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Reads one tensor by position; throws `ClinicalBertError` when the name is unknown or the bytes are damaged. */
  read(name: string): Promise<Tensor>;
  close(): Promise<void>;
}

/** Tensors that are in memory already, as writers want them. */
export function tensorsInMemory(tensors: ReadonlyMap<string, Tensor>): TensorSource {
  return {
    tensors: [...tensors].map(([name, { type, dims }]) => ({ name, type, dims })),
    async read(name) {
      return tensors.get(name) ?? fail(unknownTensor("memory", name));
    },
  };
}

/** Number of elements of dims that come from an untrusted header; `null` when they are no shape or too many. */
export function checkedSize(dims: readonly unknown[]): number | null {
  if (!dims.every((dim): dim is number => Number.isSafeInteger(dim) && (dim as number) >= 0)) return null;
  const size = dims.includes(0) ? 0 : sizeOf(dims);
  return Number.isSafeInteger(size) ? size : null;
}

/** The error of every reader for bytes that contradict the format. */
export function damaged(
  path: string,
  what: string,
  place: { readonly tensor?: string; readonly offset?: number } = {},
): ClinicalBertError {
  const tensor = place.tensor === undefined ? "" : `, tensor ${quoteName(place.tensor)}`;
  const offset = place.offset === undefined ? "" : `, offset ${place.offset}`;
  return new ClinicalBertError("CHECKPOINT_DAMAGED", `${path}${tensor}${offset}: ${what}.`, {
    details: { path, ...place },
  });
}

/** The error of every reader for a sound file that needs more than this reader knows. */
export function unsupported(path: string, what: string, tensor?: string): ClinicalBertError {
  const place = tensor === undefined ? "" : `, tensor ${quoteName(tensor)}`;
  return new ClinicalBertError("CHECKPOINT_UNSUPPORTED", `${path}${place}: ${what}.`, {
    details: { path, ...(tensor === undefined ? {} : { tensor }) },
  });
}

export function unknownTensor(path: string, name: string): ClinicalBertError {
  return new ClinicalBertError("TENSOR_UNKNOWN", `${path} has no tensor ${quoteName(name)}.`, {
    details: { path, tensor: name },
  });
}

/** Names come from untrusted files: control characters escaped, length bounded. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}

function fail(error: Error): never {
  throw error;
}
