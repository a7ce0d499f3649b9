/** @file Collects ONNX nodes and initialisers while a graph is lowered, and turns symbolic dims into tensors. */

import { internalError } from "../errors.js";
import { type Dim, symbolsOf } from "../graph/dim.js";
import { arrayOf, type DType } from "../graph/dtype.js";
import type { Value } from "../graph/value.js";
import { bytesOf, type ProtoWriter } from "../util/protobuf.js";
import { type AttributeValue, nodeProto, tensorProto } from "./proto.js";

export interface EmitOptions {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Operator domain; "" is ONNX itself. */
  readonly domain?: "" | "com.microsoft";
  /** Names of the outputs; one fresh name when absent. */
  readonly outputs?: readonly string[];
}

/** Names are ONNX's: every tensor has one. */
export class Emitter {
  readonly nodes: ProtoWriter[] = [];
  readonly initializers: ProtoWriter[] = [];
  readonly #constants = new Map<string, string>();
  readonly #symbols = new Map<string, { readonly input: string; readonly axis: number }>();
  #fresh = 0;

  /** `inputs` say where symbols get their values from: the first input that has one as a dimension of its own. */
  constructor(inputs: readonly { readonly name: string; readonly value: Value }[]) {
    for (const { name, value } of inputs)
      for (const [axis, dim] of value.dims.entries())
        if (typeof dim === "string" && !this.#symbols.has(dim)) this.#symbols.set(dim, { input: name, axis });
  }

  /** Adds a node and returns the name of its first output. */
  emit(
    type: string,
    inputs: readonly string[],
    { attributes = {}, domain = "", outputs }: EmitOptions = {},
  ): string {
    const names = outputs ?? [`${type}_${this.#fresh++}`];
    this.nodes.push(nodeProto({ type, domain, inputs, outputs: names, attributes }));
    return names[0]!;
  }

  /** A small constant tensor; equal ones are made once. */
  constant(dtype: DType, dims: readonly number[], values: readonly number[]): string {
    const key = JSON.stringify([dtype, dims, values]);
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const data = new (arrayOf(dtype))(values.length);
    for (const [index, value] of values.entries()) data[index] = dtype === "int64" ? BigInt(value) : value;
    const name = `constant_${this.#constants.size}`;
    this.initializers.push(tensorProto(name, dtype, dims, bytesOf(data)));
    this.#constants.set(key, name);
    return name;
  }

  int64(values: readonly number[]): string {
    return this.constant("int64", [values.length], values);
  }

  /** int64[1]: the value of one dimension at run time. */
  dim(dim: Dim): string {
    if (typeof dim === "number") return this.int64([dim]);
    const source = this.#symbols.get(dim);
    if (source !== undefined)
      return this.emit("Shape", [source.input], { attributes: { start: source.axis, end: source.axis + 1 } });
    const factors = dim.split("*");
    if (factors.length === 1) throw internalError(`no input of the graph has the dimension ${dim}.`);
    return factors
      .map((factor) => this.dim(/^\d+$/.test(factor) ? Number(factor) : factor))
      .reduce((product, factor) => this.emit("Mul", [product, factor]));
  }

  /** int64[rank]: a shape at run time. With `inferOne`, a single unknown dimension is left to Reshape as −1. */
  dims(dims: readonly Dim[], inferOne = false): string {
    const unknown = dims.filter((dim) => symbolsOf(dim).length > 0).length;
    if (unknown === 0) return this.int64(dims as readonly number[]);
    if (unknown === 1 && inferOne) return this.int64(dims.map((dim) => (typeof dim === "number" ? dim : -1)));
    return this.emit(
      "Concat",
      dims.map((dim) => this.dim(dim)),
      { attributes: { axis: 0 } },
    );
  }
}
