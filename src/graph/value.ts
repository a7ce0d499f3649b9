/** @file The graph's data: symbolic tensors (`Value`) and the nodes that make them. Frozen plain data, no behaviour. */
import type { Dim } from "./dim.js";
import type { DType } from "./dtype.js";

/** What each kind of op needs beside its inputs. Axes are non-negative. */
export interface OpAttributes {
  /** A named tensor fed from outside. */
  input: { readonly name: string; readonly dtype: DType; readonly dims: readonly Dim[] };
  constant: { readonly dtype: DType; readonly dims: readonly number[]; readonly values: readonly number[] };
  zeros: { readonly dims: readonly Dim[] };
  /** 0, 1, …, size − 1 as int64. */
  iota: { readonly size: Dim };
  add: object;
  sub: object;
  mul: object;
  div: object;
  neg: object;
  exp: object;
  log: object;
  sqrt: object;
  erf: object;
  tanh: object;
  relu: object;
  /** 1 where the input is above 0, else 0. */
  step: object;
  gelu: { readonly form: "erf" | "tanh" };
  cast: { readonly to: DType };
  /** alpha · op(a) op(b) + c, all two-dimensional, c broadcast; op transposes when its flag is set. */
  gemm: { readonly transA: boolean; readonly transB: boolean; readonly alpha: number };
  /** As gemm over equal leading batch axes, without c. */
  matmul: { readonly transA: boolean; readonly transB: boolean; readonly alpha: number };
  transpose: { readonly permutation: readonly number[] };
  reshape: { readonly dims: readonly Dim[] };
  broadcast: { readonly dims: readonly Dim[] };
  /** One index of an axis, the axis dropped. */
  select: { readonly axis: number; readonly index: number };
  /** Inverse of `select`: zeros of size `size` along a new axis, the input at `index`. */
  unselect: { readonly axis: number; readonly index: number; readonly size: Dim };
  reduceSum: { readonly axes: readonly number[]; readonly keepDims: boolean };
  reduceMean: { readonly axes: readonly number[]; readonly keepDims: boolean };
  /** Over the last axis. */
  softmax: object;
  /** Over the last axis. */
  logSoftmax: object;
  /** Over the last axis; outputs y, mean and 1/√(variance + ε), the latter two with a last axis of 1. */
  layerNormalization: { readonly epsilon: number };
  /** Rows of a table [R, …] at whole-number indices of any shape. */
  gather: object;
  /** base [R, …] with updates [N, …] added to the rows at indices [N]; duplicates add up. */
  scatterAdd: object;
  /** Rows of x [R, …] at `from` [N]; `back` [R] says where each of them went. See `moveRows` in ops/indexing.ts. */
  moveRows: object;
  /** x[n, index[n]] of x [N, C]. */
  pick: object;
  /** Inverse of `pick`: [N, C] of zeros with x[n] at index[n]. */
  unpick: { readonly size: number };
  /** Index of the largest element of the last axis (the first of equals), int64. */
  argmax: object;
}

export type OpKind = keyof OpAttributes;

export interface NodeOf<K extends OpKind> {
  readonly id: number;
  readonly op: K;
  readonly inputs: readonly Value[];
  readonly attributes: OpAttributes[K];
  readonly outputs: readonly Value[];
}

export type Node = { [K in OpKind]: NodeOf<K> }[OpKind];

/** A symbolic tensor: output `index` of `node`. */
export interface Value {
  readonly id: number;
  readonly dtype: DType;
  readonly dims: readonly Dim[];
  readonly node: Node;
  readonly index: number;
}

/** Dtype and dims of a value that is about to be made. */
export interface ValueType {
  readonly dtype: DType;
  readonly dims: readonly Dim[];
}

/** A finished computation. Nodes are in an order in which every node follows its inputs. */
export interface Graph {
  readonly nodes: readonly Node[];
  readonly inputs: readonly Value[];
  /** By name, in the order in which they were named. */
  readonly outputs: ReadonlyMap<string, Value>;
}
