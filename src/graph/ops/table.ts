/** @file The exhaustive table of ops. A kind without an entry does not compile. */
import type { OpKind } from "../value.js";
import { add, div, mul, sub } from "./arithmetic.js";
import type { OpDefinition } from "./definition.js";
import { cast, erf, exp, gelu, log, neg, relu, sqrt, step, tanh } from "./elementwise.js";
import { argmax, gather, moveRows, pick, scatterAdd, unpick } from "./indexing.js";
import { constant, input, iota, zeros } from "./leaf.js";
import { broadcast, reshape, select, transpose, unselect } from "./movement.js";
import { gemm, matmul } from "./products.js";
import { layerNormalization, logSoftmax, reduceMean, reduceSum, softmax } from "./reduction.js";

export const OPS: { readonly [K in OpKind]: OpDefinition<K> } = {
  input,
  constant,
  zeros,
  iota,
  add,
  sub,
  mul,
  div,
  neg,
  exp,
  log,
  sqrt,
  erf,
  tanh,
  relu,
  step,
  gelu,
  cast,
  gemm,
  matmul,
  transpose,
  reshape,
  broadcast,
  select,
  unselect,
  reduceSum,
  reduceMean,
  softmax,
  logSoftmax,
  layerNormalization,
  gather,
  scatterAdd,
  moveRows,
  pick,
  unpick,
  argmax,
};
