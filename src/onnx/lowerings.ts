/** @file How each kind of op becomes ONNX nodes. Exhaustive: a kind without a lowering does not compile. */
import { type Dim, splitDim } from "../graph/dim.js";
import type { NodeOf, OpKind } from "../graph/value.js";
import type { Emitter } from "./emitter.js";
import { type AttributeValue, DATA_TYPES } from "./proto.js";

/**
 * Emits the nodes that compute `outputs` (names) from `inputs` (names).
 *
 * Banned here: `ScatterND` with a reduction, which loses updates on two threads (onnxruntime issue 18048).
 */
export type Lowering<K extends OpKind> = (
  emitter: Emitter,
  node: NodeOf<K>,
  inputs: readonly string[],
  outputs: readonly string[],
) => void;

function direct<K extends OpKind>(type: string): Lowering<K> {
  return (emitter, _, inputs, outputs) => {
    emitter.emit(type, inputs, { outputs });
  };
}

const product =
  (type: "Gemm" | "FusedMatMul"): Lowering<"gemm" | "matmul"> =>
  (emitter, { attributes: { transA, transB, alpha } }, inputs, outputs) => {
    const attributes: Record<string, AttributeValue> = {};
    if (transA) attributes["transA"] = 1;
    if (transB) attributes["transB"] = 1;
    if (alpha !== 1) attributes["alpha"] = { float: alpha };
    if (type === "Gemm") emitter.emit("Gemm", inputs, { attributes, outputs });
    else if (Object.keys(attributes).length === 0) emitter.emit("MatMul", inputs, { outputs });
    else emitter.emit("FusedMatMul", inputs, { attributes, outputs, domain: "com.microsoft" });
  };

/** Terms that are added one after the other in float32 before their sums are added. */
const SUM_BLOCK = 64;

/**
 * A sum along an axis, in blocks where its length has a known divisor: onnxruntime adds rows one after the other, and the
 * error of 4096 of them is four times that of 64 sums of 64 (PyTorch's cascade summation is the measure).
 */
function sumAxis(
  emitter: Emitter,
  x: string,
  dims: readonly Dim[],
  axis: number,
  keepdims: 0 | 1,
  outputs?: readonly string[],
): string {
  const [rest, block] = splitDim(dims[axis]!, SUM_BLOCK);
  const reduce = (input: string, at: number, keep: 0 | 1, names?: readonly string[]): string =>
    emitter.emit("ReduceSum", [input, emitter.int64([at])], {
      attributes: { keepdims: keep },
      ...(names === undefined ? {} : { outputs: names }),
    });
  const unknown = dims.filter((dim) => typeof dim === "string").length;
  if (block < 8 || rest === 1 || unknown > 1) return reduce(x, axis, keepdims, outputs);
  const blocked = [...dims.slice(0, axis), rest, block, ...dims.slice(axis + 1)];
  const partial = reduce(emitter.emit("Reshape", [x, emitter.dims(blocked, true)]), axis + 1, 0);
  return reduce(partial, axis, keepdims, outputs);
}

/** One axis at a time: a single sum over millions of elements loses digits in float32 (numerics contract, "Large sums"). */
const reduceSum: Lowering<"reduceSum"> = (
  emitter,
  { attributes: { axes, keepDims }, inputs },
  [x],
  outputs,
) => {
  const descending = [...axes].sort((a, b) => b - a);
  let dims = inputs[0]!.dims;
  let partial = x!;
  for (const [index, axis] of descending.entries()) {
    const last = index === descending.length - 1;
    partial = sumAxis(emitter, partial, dims, axis, keepDims ? 1 : 0, last ? outputs : undefined);
    dims = keepDims ? dims.map((dim, at) => (at === axis ? 1 : dim)) : dims.filter((_, at) => at !== axis);
  }
};

export const LOWERINGS: { readonly [K in OpKind]: Lowering<K> } = {
  /** Inputs and constants are declared by the lowering of the whole graph. */
  input() {},
  constant(emitter, { attributes: { dtype, dims, values } }, _, outputs) {
    emitter.emit("Identity", [emitter.constant(dtype, dims, values)], { outputs });
  },
  zeros(emitter, { attributes: { dims } }, _, outputs) {
    emitter.emit("ConstantOfShape", [emitter.dims(dims)], { outputs });
  },
  iota(emitter, { attributes: { size } }, _, outputs) {
    const end = emitter.emit("Squeeze", [emitter.dim(size)]);
    const number = (value: number): string => emitter.constant("int64", [], [value]);
    emitter.emit("Range", [number(0), end, number(1)], { outputs });
  },
  add: direct("Add"),
  sub: direct("Sub"),
  mul: direct("Mul"),
  div: direct("Div"),
  neg: direct("Neg"),
  exp: direct("Exp"),
  log: direct("Log"),
  sqrt: direct("Sqrt"),
  erf: direct("Erf"),
  tanh: direct("Tanh"),
  relu: direct("Relu"),
  step(emitter, _, inputs, outputs) {
    emitter.emit("Sign", [emitter.emit("Relu", inputs)], { outputs });
  },
  gelu(emitter, { attributes: { form } }, inputs, outputs) {
    emitter.emit("Gelu", inputs, { attributes: { approximate: form === "erf" ? "none" : "tanh" }, outputs });
  },
  cast(emitter, { attributes: { to } }, inputs, outputs) {
    emitter.emit("Cast", inputs, { attributes: { to: DATA_TYPES[to] }, outputs });
  },
  gemm: product("Gemm"),
  matmul: product("FusedMatMul"),
  transpose(emitter, { attributes: { permutation } }, inputs, outputs) {
    emitter.emit("Transpose", inputs, { attributes: { perm: permutation }, outputs });
  },
  reshape(emitter, { attributes: { dims } }, [x], outputs) {
    emitter.emit("Reshape", [x!, emitter.dims(dims, true)], { outputs });
  },
  broadcast(emitter, { attributes: { dims } }, [x], outputs) {
    emitter.emit("Expand", [x!, emitter.dims(dims)], { outputs });
  },
  select(emitter, { attributes: { axis, index } }, [x], outputs) {
    emitter.emit("Gather", [x!, emitter.constant("int64", [], [index])], { attributes: { axis }, outputs });
  },
  unselect(emitter, { attributes: { axis, index, size }, inputs: [x] }, [name], outputs) {
    const rank = x!.dims.length + 1;
    const widened = emitter.emit("Unsqueeze", [name!, emitter.int64([axis])]);
    const behind = emitter.emit("Sub", [emitter.dim(size), emitter.int64([index + 1])]);
    const pads = emitter.emit(
      "Concat",
      [
        emitter.int64(Array.from({ length: rank }, (_, other) => (other === axis ? index : 0))),
        ...Array.from({ length: rank }, (_, other) => (other === axis ? behind : emitter.int64([0]))),
      ],
      { attributes: { axis: 0 } },
    );
    emitter.emit("Pad", [widened, pads], { outputs });
  },
  reduceSum,
  reduceMean(emitter, { attributes: { axes, keepDims } }, [x], outputs) {
    emitter.emit("ReduceMean", [x!, emitter.int64(axes)], {
      attributes: { keepdims: keepDims ? 1 : 0 },
      outputs,
    });
  },
  softmax: direct("Softmax"),
  logSoftmax: direct("LogSoftmax"),
  layerNormalization(emitter, { attributes: { epsilon } }, inputs, outputs) {
    emitter.emit("LayerNormalization", inputs, { attributes: { epsilon: { float: epsilon } }, outputs });
  },
  gather: direct("Gather"),
  scatterAdd(emitter, { inputs: [base] }, [table, indices, updates], outputs) {
    const axes = base!.dims.slice(1).map((_, axis) => axis + 1);
    const column = axes.length === 0 ? indices! : emitter.emit("Unsqueeze", [indices!, emitter.int64(axes)]);
    const everywhere = emitter.emit("Expand", [column, emitter.emit("Shape", [updates!])]);
    emitter.emit("ScatterElements", [table!, everywhere, updates!], {
      attributes: { axis: 0, reduction: "add" },
      outputs,
    });
  },
  moveRows(emitter, _, [x, from], outputs) {
    emitter.emit("Gather", [x!, from!], { outputs });
  },
  pick(emitter, _, [x, indices], outputs) {
    const column = emitter.emit("Unsqueeze", [indices!, emitter.int64([1])]);
    const picked = emitter.emit("GatherElements", [x!, column], { attributes: { axis: 1 } });
    emitter.emit("Squeeze", [picked, emitter.int64([1])], { outputs });
  },
  unpick(emitter, { inputs: [x], attributes: { size } }, [updates, indices], outputs) {
    const table = emitter.emit("ConstantOfShape", [emitter.dims([x!.dims[0]!, size])]);
    const column = (name: string): string => emitter.emit("Unsqueeze", [name, emitter.int64([1])]);
    emitter.emit("ScatterElements", [table, column(indices!), column(updates!)], {
      attributes: { axis: 1 },
      outputs,
    });
  },
  argmax(emitter, _, inputs, outputs) {
    emitter.emit("ArgMax", inputs, { attributes: { axis: -1, keepdims: 0 }, outputs });
  },
};
