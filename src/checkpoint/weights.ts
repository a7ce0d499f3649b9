/** @file Named tensors of a weights-only file, whatever its format. */
import type { Tensor } from "../graph/tensor.js";

/** What is known of a tensor before its bytes are read. */
export interface TensorInfo {
  readonly name: string;
  readonly type: Tensor["type"];
  readonly dims: readonly number[];
}

/** An open weights file (safetensors, PyTorch, TensorFlow bundle). Owns file handles: `close` when done. */
export interface Weights {
  readonly path: string;
  readonly format: "safetensors" | "pytorch" | "tensorflow";
  /** In the order of the file. */
  readonly tensors: readonly TensorInfo[];
  /** Reads one tensor by position; throws `ClinicalBertError` when the name is unknown or the bytes are damaged. */
  read(name: string): Promise<Tensor>;
  close(): Promise<void>;
}
