/** @file Small cases of every op, for the gradient checks and the runtime contract. A kind without a case does not compile. */
import {
  type Dim,
  type DType,
  type Graph,
  GraphBuilder,
  type OpKind,
  Tensor,
  type Value,
} from "../../src/graph/index.js";

interface SampleInput {
  readonly dims: readonly number[];
  /** Dims as the graph declares them, where they are symbolic. */
  readonly symbolic?: readonly Dim[];
  readonly dtype?: DType;
  readonly values: readonly number[];
}

export interface OpSample {
  readonly name: string;
  readonly inputs: Readonly<Record<string, SampleInput>>;
  readonly build: (g: GraphBuilder, inputs: Readonly<Record<string, Value>>) => Value;
}

/** Repeatable numbers in [low, high), none near 0 unless asked for: kinks and poles sit there. */
function numbers(count: number, low = -2, high = 2, seed = 1): number[] {
  let state = seed * 2654435761;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = low + (state / 2 ** 32) * (high - low);
    return Math.abs(value) < 0.05 ? 0.3 : value;
  });
}

function floats(dims: readonly number[], low = -2, high = 2, seed = dims.length + 1): SampleInput {
  return {
    dims,
    values: numbers(
      dims.reduce((a, b) => a * b, 1),
      low,
      high,
      seed,
    ),
  };
}

function indices(dims: readonly number[], values: readonly number[], dtype: DType = "int32"): SampleInput {
  return { dims, dtype, values };
}

function unary(name: "neg" | "exp" | "erf" | "tanh" | "relu" | "step", low = -3, high = 3): OpSample[] {
  return [{ name, inputs: { x: floats([3, 17], low, high) }, build: (g, { x }) => g[name](x!) }];
}

function binary(name: "add" | "sub" | "mul" | "div"): OpSample[] {
  const shapes: [number[], number[]][] = [
    [
      [3, 4],
      [3, 4],
    ],
    [[2, 3, 4], [4]],
    [
      [2, 3, 1],
      [1, 3, 4],
    ],
    [[], [2, 2]],
  ];
  return shapes.map(([a, b]) => ({
    name: `${name} [${a}] [${b}]`,
    inputs: { a: floats(a), b: floats(b, 0.5, 2, 7) },
    build: (g, { a: left, b: right }) => g[name](left!, right!),
  }));
}

function products(kind: "gemm" | "matmul"): OpSample[] {
  const flags = [false, true];
  return flags.flatMap((transA) =>
    flags.map((transB) => {
      const batch = kind === "gemm" ? [] : [2, 3];
      return {
        name: `${kind} ${transA ? "aᵀ" : "a"}${transB ? "bᵀ" : "b"}`,
        inputs: {
          a: floats([...batch, ...(transA ? [5, 4] : [4, 5])]),
          b: floats([...batch, ...(transB ? [6, 5] : [5, 6])], -1, 1, 5),
        },
        build: (g: GraphBuilder, { a, b }: Readonly<Record<string, Value>>) =>
          g[kind](a!, b!, { transA, transB, alpha: 0.75 }),
      };
    }),
  );
}

const DUPLICATES = [0, 4, 4, 2, 0, 4, 4, 4];

export const OP_SAMPLES: { readonly [K in OpKind]: readonly OpSample[] } = {
  input: [{ name: "input", inputs: { x: floats([2, 3]) }, build: (_, { x }) => x! }],
  constant: [
    {
      name: "constant",
      inputs: { x: floats([3]) },
      build: (g, { x }) => g.mul(x!, g.constant([1, 2, 3], [3])),
    },
  ],
  zeros: [{ name: "zeros", inputs: { x: floats([2, 3]) }, build: (g, { x }) => g.add(x!, g.zeros([2, 3])) }],
  iota: [
    {
      name: "iota of a symbol",
      inputs: { table: floats([5, 2]), like: { ...floats([2, 3]), symbolic: ["B", "S"] } },
      build: (g, { table, like }) => g.mul(g.gather(table!, g.iota("S")), g.reshape(like!, ["B", "S", 1])),
    },
  ],
  add: binary("add"),
  sub: binary("sub"),
  mul: binary("mul"),
  div: binary("div"),
  neg: unary("neg"),
  exp: unary("exp"),
  log: [{ name: "log", inputs: { x: floats([12], 0.2, 3) }, build: (g, { x }) => g.log(x!) }],
  sqrt: [{ name: "sqrt", inputs: { x: floats([12], 0.2, 3) }, build: (g, { x }) => g.sqrt(x!) }],
  erf: unary("erf"),
  tanh: unary("tanh"),
  relu: unary("relu"),
  step: unary("step"),
  gelu: (["erf", "tanh"] as const).map((form) => ({
    name: `gelu ${form}`,
    inputs: { x: floats([4, 33], -6, 6) },
    build: (g, { x }) => g.gelu(x!, form),
  })),
  cast: [
    {
      name: "cast of a mask",
      inputs: { x: floats([2, 3]), mask: indices([2, 3], [1, 0, 1, 1, 0, 0]) },
      build: (g, { x, mask }) => g.mul(x!, g.cast(mask!, "float32")),
    },
  ],
  gemm: [
    ...products("gemm"),
    ...[[6], [4, 6], [1, 6], []].map((dims) => ({
      name: `gemm + [${dims}]`,
      inputs: { a: floats([4, 5]), b: floats([5, 6], -1, 1, 5), c: floats(dims, -1, 1, 9) },
      build: (g: GraphBuilder, { a, b, c }: Readonly<Record<string, Value>>) =>
        g.gemm(a!, b!, { addend: c! }),
    })),
  ],
  matmul: products("matmul"),
  transpose: [
    {
      name: "transpose of heads",
      inputs: { x: { ...floats([2, 3, 4, 5]), symbolic: ["B", "S", 4, 5] } },
      build: (g, { x }) => g.transpose(x!, [0, 2, 1, 3]),
    },
    {
      name: "transpose by a three-cycle",
      inputs: { x: floats([2, 3, 4]) },
      build: (g, { x }) => g.transpose(x!, [2, 0, 1]),
    },
  ],
  reshape: [
    {
      name: "reshape to rows and back, two unknown dimensions",
      inputs: { x: { ...floats([2, 3, 8]), symbolic: ["B", "S", 8] } },
      build: (g, { x }) => g.reshape(g.tanh(g.reshape(x!, ["B*S", 8])), ["B", "S", 2, 4]),
    },
  ],
  broadcast: [
    { name: "broadcast", inputs: { x: floats([3, 1]) }, build: (g, { x }) => g.broadcast(x!, [2, 3, 4]) },
    {
      name: "broadcast to symbols",
      inputs: { x: floats([4]), like: { ...floats([2, 3]), symbolic: ["B", "S"] } },
      build: (g, { x, like }) => g.mul(g.broadcast(x!, ["B", "S", 4]), g.reshape(like!, ["B", "S", 1])),
    },
  ],
  select: [
    {
      name: "select of the first token",
      inputs: { x: { ...floats([2, 3, 4]), symbolic: ["B", "S", 4] } },
      build: (g, { x }) => g.select(x!, 1, 0),
    },
    {
      name: "select of the last of an outer axis",
      inputs: { x: floats([3, 4]) },
      build: (g, { x }) => g.select(x!, 0, 2),
    },
  ],
  unselect: [
    {
      name: "unselect",
      inputs: {
        x: { ...floats([2, 4]), symbolic: ["B", 4] },
        like: { ...floats([2, 5]), symbolic: ["B", "S"] },
      },
      build: (g, { x, like }) =>
        g.mul(g.unselect(x!, { axis: 1, index: 3, size: "S" }), g.reshape(like!, ["B", "S", 1])),
    },
  ],
  reduceSum: [
    { name: "reduceSum of rows", inputs: { x: floats([5, 6]) }, build: (g, { x }) => g.reduceSum(x!, [0]) },
    {
      name: "reduceSum of three axes",
      inputs: { x: floats([2, 3, 4, 5]) },
      build: (g, { x }) => g.reduceSum(x!, [0, 1, 3]),
    },
    {
      name: "reduceSum kept",
      inputs: { x: floats([2, 3, 4]) },
      build: (g, { x }) => g.reduceSum(x!, [1, 2], true),
    },
  ],
  reduceMean: [
    {
      name: "reduceMean kept",
      inputs: { x: floats([5, 6]) },
      build: (g, { x }) => g.reduceMean(x!, [1], true),
    },
    {
      name: "reduceMean of all",
      inputs: { x: floats([2, 3]) },
      build: (g, { x }) => g.reduceMean(x!, [0, 1]),
    },
  ],
  softmax: [
    { name: "softmax", inputs: { x: floats([2, 3, 7], -4, 4) }, build: (g, { x }) => g.softmax(x!) },
    {
      name: "softmax with −10000 on some",
      inputs: { x: floats([3, 4], -2, 2), mask: { dims: [1, 4], values: [0, -10000, 0, -10000] } },
      build: (g, { x, mask }) => g.softmax(g.add(x!, mask!)),
    },
  ],
  logSoftmax: [
    { name: "logSoftmax", inputs: { x: floats([4, 9], -4, 4) }, build: (g, { x }) => g.logSoftmax(x!) },
  ],
  layerNormalization: [
    {
      name: "layerNormalization",
      inputs: { x: floats([2, 3, 16], -3, 5), scale: floats([16], 0.5, 2), bias: floats([16], -1, 1, 4) },
      build: (g, { x, scale, bias }) => g.layerNormalization(x!, scale!, bias!, 1e-12),
    },
  ],
  gather: [
    {
      name: "gather with duplicates, the first and the last row",
      inputs: { table: floats([5, 3]), at: indices([2, 4], DUPLICATES) },
      build: (g, { table, at }) => g.gather(table!, at!),
    },
    {
      name: "gather of single numbers, int64",
      inputs: { table: floats([5]), at: indices([3], [4, 4, 0], "int64") },
      build: (g, { table, at }) => g.gather(table!, at!),
    },
  ],
  scatterAdd: [
    {
      name: "scatterAdd with duplicates",
      inputs: { base: floats([5, 3]), at: indices([8], DUPLICATES), updates: floats([8, 3], -1, 1, 6) },
      build: (g, { base, at, updates }) => g.scatterAdd(base!, at!, updates!),
    },
    {
      name: "scatterAdd of 4096 rows, most of them to one row",
      inputs: {
        base: floats([300, 32]),
        at: indices(
          [4096],
          Array.from({ length: 4096 }, (_, i) => (i % 3 === 0 ? (i * 7919) % 300 : 0)),
        ),
        updates: floats([4096, 32], -1, 1, 6),
      },
      build: (g, { base, at, updates }) => g.scatterAdd(base!, at!, updates!),
    },
  ],
  moveRows: [
    {
      name: "moveRows, a permutation",
      inputs: {
        x: floats([5, 3]),
        from: indices([5], [3, 0, 4, 1, 2]),
        back: indices([5], [1, 3, 4, 0, 2]),
      },
      build: (g, { x, from, back }) => g.moveRows(x!, from!, back!),
    },
  ],
  pick: [
    {
      name: "pick",
      inputs: { x: floats([4, 6]), at: indices([4], [0, 5, 5, 2]) },
      build: (g, { x, at }) => g.pick(x!, at!),
    },
  ],
  unpick: [
    {
      name: "unpick",
      inputs: { x: floats([4]), at: indices([4], [0, 5, 5, 2]) },
      build: (g, { x, at }) => g.unpick(x!, at!, 6),
    },
  ],
  argmax: [
    {
      name: "argmax, the first of equals",
      inputs: { x: { dims: [2, 4], values: [1, 3, 3, 2, -5, -1, -2, -1] } },
      build: (g, { x }) => g.argmax(x!),
    },
  ],
};

/** The sample as a graph with one output `y`. */
export function sampleGraph(sample: OpSample): Graph {
  const g = new GraphBuilder();
  const inputs: Record<string, Value> = {};
  for (const [name, { dims, symbolic, dtype = "float32" }] of Object.entries(sample.inputs))
    inputs[name] = g.input(name, dtype, symbolic ?? dims);
  g.output("y", sample.build(g, inputs));
  return g.finish();
}

/** The sample's numbers as tensors, floats in `precision`. */
export function sampleFeeds(sample: OpSample, precision: "float32" | "float64"): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const [name, { dims, dtype = precision, values }] of Object.entries(sample.inputs)) {
    const tensor = Tensor.zeros(dtype, dims);
    for (const [index, value] of values.entries())
      tensor.data[index] = dtype === "int64" ? BigInt(value) : value;
    feeds[name] = tensor;
  }
  return feeds;
}
