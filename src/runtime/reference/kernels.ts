/** @file The meaning of every op in plain float64 loops: slow, obvious, and the arbiter of all other runtimes. */
import { internalError } from "../../errors.js";
import { sizeOf } from "../../graph/tensor.js";
import type { NodeOf, OpKind } from "../../graph/value.js";
import { broadcastStrides, type NumberArray, walk, zerosArray } from "./array.js";
import { erf } from "./special.js";

/** `dims[i]` are the numeric dims of output i. */
export type Kernel<K extends OpKind> = (
  node: NodeOf<K>,
  inputs: readonly NumberArray[],
  dims: readonly (readonly number[])[],
) => readonly NumberArray[];

const unary =
  <K extends OpKind>(f: (x: number, node: NodeOf<K>) => number): Kernel<K> =>
  (node, [x]) => [{ dims: x!.dims, data: x!.data.map((value) => f(value, node)) }];

const binary =
  (f: (a: number, b: number) => number): Kernel<"add" | "sub" | "mul" | "div"> =>
  (_, [a, b], [dims]) => {
    const y = zerosArray(dims!);
    walk(
      dims!,
      [broadcastStrides(a!.dims, dims!), broadcastStrides(b!.dims, dims!)],
      (index, [left, right]) => {
        y.data[index] = f(a!.data[left!]!, b!.data[right!]!);
      },
    );
    return [y];
  };

function product(
  a: NumberArray,
  b: NumberArray,
  dims: readonly number[],
  { transA, transB, alpha }: { transA: boolean; transB: boolean; alpha: number },
): NumberArray {
  const y = zerosArray(dims);
  const [rows, columns] = dims.slice(-2) as [number, number];
  const inner = a.dims.at(transA ? -2 : -1)!;
  const batches = rows * columns === 0 ? 0 : y.data.length / (rows * columns);
  for (let batch = 0; batch < batches; batch++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) {
          const left = a.data[batch * rows * inner + (transA ? k * rows + i : i * inner + k)]!;
          const right = b.data[batch * inner * columns + (transB ? j * inner + k : k * columns + j)]!;
          sum += left * right;
        }
        y.data[(batch * rows + i) * columns + j] = alpha * sum;
      }
  return y;
}

const reduce =
  (mean: boolean): Kernel<"reduceSum" | "reduceMean"> =>
  ({ attributes: { axes } }, [x], [dims]) => {
    const y = zerosArray(dims!);
    const kept = x!.dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
    walk(x!.dims, [broadcastStrides(kept, x!.dims)], (index, [target]) => {
      y.data[target!]! += x!.data[index]!;
    });
    const count = axes.reduce((size, axis) => size * x!.dims[axis]!, 1);
    return [mean ? { dims: y.dims, data: y.data.map((sum) => sum / count) } : y];
  };

/** Rows of the last axis, in place. */
function mapRows(x: NumberArray, f: (row: Float64Array) => void): NumberArray {
  const y = { dims: x.dims, data: x.data.slice() };
  const width = x.dims.at(-1)!;
  for (let start = 0; start < y.data.length; start += width) f(y.data.subarray(start, start + width));
  return y;
}

function logSumExp(row: Float64Array): number {
  const largest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return largest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

/** Negative indices count from the end, as in ONNX. */
function rowOf(index: number, rows: number): number {
  const row = index < 0 ? index + rows : index;
  if (row < 0 || row >= rows) throw internalError(`the index ${index} is outside of ${rows} rows.`);
  return row;
}

function rowsAt(table: NumberArray, indices: NumberArray, dims: readonly number[]): NumberArray {
  const y = zerosArray(dims);
  const width = sizeOf(table.dims.slice(1));
  for (const [at, index] of indices.data.entries()) {
    const row = rowOf(index, table.dims[0]!);
    y.data.set(table.data.subarray(row * width, (row + 1) * width), at * width);
  }
  return y;
}

export const KERNELS: { readonly [K in OpKind]: Kernel<K> } = {
  input() {
    throw internalError("inputs are fed, not computed.");
  },
  constant: ({ attributes: { dims, values } }) => [{ dims, data: Float64Array.from(values) }],
  zeros: (_, __, [dims]) => [zerosArray(dims!)],
  iota: (_, __, [dims]) => [
    { dims: dims!, data: Float64Array.from({ length: dims![0]! }, (_, index) => index) },
  ],
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  neg: unary((x) => -x),
  exp: unary((x) => Math.exp(x)),
  log: unary((x) => Math.log(x)),
  sqrt: unary((x) => Math.sqrt(x)),
  erf: unary((x) => erf(x)),
  tanh: unary((x) => Math.tanh(x)),
  relu: unary((x) => Math.max(x, 0)),
  step: unary((x) => (x > 0 ? 1 : 0)),
  gelu: unary((x, { attributes: { form } }) =>
    form === "erf"
      ? 0.5 * x * (1 + erf(x * Math.SQRT1_2))
      : 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  ),
  cast: unary((x, { attributes: { to } }) =>
    to.startsWith("float") || to === "bfloat16" ? x : Math.trunc(x),
  ),
  gemm({ attributes }, [a, b, c], [dims]) {
    const y = product(a!, b!, dims!, attributes);
    if (c !== undefined)
      walk(dims!, [broadcastStrides(c.dims, dims!)], (index, [offset]) => {
        y.data[index]! += c.data[offset!]!;
      });
    return [y];
  },
  matmul: ({ attributes }, [a, b], [dims]) => [product(a!, b!, dims!, attributes)],
  transpose({ attributes: { permutation } }, [x], [dims]) {
    const y = zerosArray(dims!);
    const strides = x!.dims.map((_, axis) => sizeOf(x!.dims.slice(axis + 1)));
    walk(dims!, [permutation.map((axis) => strides[axis]!)], (index, [offset]) => {
      y.data[index] = x!.data[offset!]!;
    });
    return [y];
  },
  reshape: (_, [x], [dims]) => [{ dims: dims!, data: x!.data }],
  broadcast(_, [x], [dims]) {
    const y = zerosArray(dims!);
    walk(dims!, [broadcastStrides(x!.dims, dims!)], (index, [offset]) => {
      y.data[index] = x!.data[offset!]!;
    });
    return [y];
  },
  select({ attributes: { axis, index } }, [x], [dims]) {
    const y = zerosArray(dims!);
    const inner = sizeOf(x!.dims.slice(axis + 1));
    for (let at = 0; at < y.data.length; at++)
      y.data[at] = x!.data[(Math.floor(at / inner) * x!.dims[axis]! + index) * inner + (at % inner)]!;
    return [y];
  },
  unselect({ attributes: { axis, index } }, [x], [dims]) {
    const y = zerosArray(dims!);
    const inner = sizeOf(dims!.slice(axis + 1));
    for (let at = 0; at < x!.data.length; at++)
      y.data[(Math.floor(at / inner) * dims![axis]! + index) * inner + (at % inner)] = x!.data[at]!;
    return [y];
  },
  reduceSum: reduce(false),
  reduceMean: reduce(true),
  softmax: (_, [x]) => [
    mapRows(x!, (row) => {
      const total = logSumExp(row);
      for (let i = 0; i < row.length; i++) row[i] = Math.exp(row[i]! - total);
    }),
  ],
  logSoftmax: (_, [x]) => [
    mapRows(x!, (row) => {
      const total = logSumExp(row);
      for (let i = 0; i < row.length; i++) row[i]! -= total;
    }),
  ],
  layerNormalization({ attributes: { epsilon } }, [x, scale, bias], [, dims]) {
    const mean = zerosArray(dims!);
    const inverseDeviation = zerosArray(dims!);
    let count = 0;
    const y = mapRows(x!, (row) => {
      const mu = row.reduce((sum, value) => sum + value, 0) / row.length;
      const variance = row.reduce((sum, value) => sum + (value - mu) ** 2, 0) / row.length;
      const inverse = 1 / Math.sqrt(variance + epsilon);
      for (let i = 0; i < row.length; i++)
        row[i] = (row[i]! - mu) * inverse * scale!.data[i]! + bias!.data[i]!;
      mean.data[count] = mu;
      inverseDeviation.data[count++] = inverse;
    });
    return [y, mean, inverseDeviation];
  },
  gather: (_, [table, indices], [dims]) => [rowsAt(table!, indices!, dims!)],
  moveRows: (_, [x, from], [dims]) => [rowsAt(x!, from!, dims!)],
  scatterAdd(_, [base, indices, updates]) {
    const y = { dims: base!.dims, data: base!.data.slice() };
    const width = sizeOf(base!.dims.slice(1));
    for (const [at, index] of indices!.data.entries()) {
      const row = rowOf(index, base!.dims[0]!);
      for (let i = 0; i < width; i++) y.data[row * width + i]! += updates!.data[at * width + i]!;
    }
    return [y];
  },
  pick: (_, [x, indices], [dims]) => [
    {
      dims: dims!,
      data: Float64Array.from(
        indices!.data,
        (index, at) => x!.data[at * x!.dims[1]! + rowOf(index, x!.dims[1]!)]!,
      ),
    },
  ],
  unpick({ attributes: { size } }, [x, indices], [dims]) {
    const y = zerosArray(dims!);
    for (const [at, index] of indices!.data.entries()) y.data[at * size + rowOf(index, size)] = x!.data[at]!;
    return [y];
  },
  argmax(_, [x], [dims]) {
    const width = x!.dims.at(-1)!;
    const rows = Float64Array.from({ length: sizeOf(dims!) }, (_, at) => {
      const row = x!.data.subarray(at * width, (at + 1) * width);
      return row.reduce((best, value, index) => (value > row[best]! ? index : best), 0);
    });
    return [{ dims: dims!, data: rows }];
  },
};
