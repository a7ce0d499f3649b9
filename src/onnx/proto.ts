/** @file The messages of onnx.proto3 that this package writes: field numbers and nothing else. */

import type { Dim } from "../graph/dim.js";
import type { DType } from "../graph/dtype.js";
import { ProtoWriter } from "../util/protobuf.js";

/** TensorProto.DataType */
export const DATA_TYPES: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
};

export type AttributeValue = number | { readonly float: number } | string | readonly number[];

/** AttributeProto.AttributeType */
const ATTRIBUTE = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** A whole number is an INT, `{float}` a FLOAT, a text a STRING, an array INTS. */
export function attributeProto(name: string, value: AttributeValue): ProtoWriter {
  const proto = new ProtoWriter().string(1, name);
  if (typeof value === "number") return proto.varint(3, value).varint(20, ATTRIBUTE.int);
  if (typeof value === "string") return proto.string(4, value).varint(20, ATTRIBUTE.string);
  if ("float" in value) return proto.float(2, value.float).varint(20, ATTRIBUTE.float);
  return proto.packedVarints(8, value).varint(20, ATTRIBUTE.ints);
}

export interface NodeProtoFields {
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

export function nodeProto({ type, domain, inputs, outputs, attributes }: NodeProtoFields): ProtoWriter {
  const proto = new ProtoWriter();
  for (const input of inputs) proto.string(1, input);
  for (const output of outputs) proto.string(2, output);
  proto.string(3, outputs[0]!).string(4, type);
  for (const [name, value] of Object.entries(attributes)) proto.message(5, attributeProto(name, value));
  return domain === "" ? proto : proto.string(7, domain);
}

/** `bytes` are the little-endian elements, kept by reference. */
export function tensorProto(
  name: string,
  dtype: DType,
  dims: readonly number[],
  bytes: Uint8Array,
): ProtoWriter {
  return new ProtoWriter()
    .packedVarints(1, dims)
    .varint(2, DATA_TYPES[dtype])
    .string(8, name)
    .bytes(9, bytes);
}

/** TensorProto.DataLocation */
const EXTERNAL = 1;

/** A tensor whose `byteLength` bytes are the whole of another file, `location`. */
export function externalTensorProto(
  name: string,
  dtype: DType,
  dims: readonly number[],
  { location, byteLength }: { readonly location: string; readonly byteLength: number },
): ProtoWriter {
  const proto = new ProtoWriter().packedVarints(1, dims).varint(2, DATA_TYPES[dtype]).string(8, name);
  const entries = { location, offset: "0", length: String(byteLength) };
  for (const [key, value] of Object.entries(entries))
    proto.message(13, new ProtoWriter().string(1, key).string(2, value));
  return proto.varint(14, EXTERNAL);
}

/** A symbol becomes a `dim_param`. */
export function valueInfoProto(name: string, dtype: DType, dims: readonly Dim[]): ProtoWriter {
  const shape = new ProtoWriter();
  for (const dim of dims) {
    const proto = new ProtoWriter();
    shape.message(1, typeof dim === "number" ? proto.varint(1, dim) : proto.string(2, dim));
  }
  const tensorType = new ProtoWriter().varint(1, DATA_TYPES[dtype]).message(2, shape);
  return new ProtoWriter().string(1, name).message(2, new ProtoWriter().message(1, tensorType));
}

/** Opset 20 is the first with Gelu; IR version 9 is the one that came with it. */
export const OPSET = 20;
const IR_VERSION = 9;
const MICROSOFT_OPSET = 1;

export interface GraphProtoFields {
  readonly nodes: readonly ProtoWriter[];
  readonly initializers: readonly ProtoWriter[];
  readonly inputs: readonly ProtoWriter[];
  readonly outputs: readonly ProtoWriter[];
}

export function modelProto(graph: GraphProtoFields): ProtoWriter {
  const proto = new ProtoWriter();
  for (const node of graph.nodes) proto.message(1, node);
  proto.string(2, "clinicalbert");
  for (const initializer of graph.initializers) proto.message(5, initializer);
  for (const input of graph.inputs) proto.message(11, input);
  for (const output of graph.outputs) proto.message(12, output);
  return new ProtoWriter()
    .varint(1, IR_VERSION)
    .string(2, "clinicalbert")
    .message(7, proto)
    .message(8, new ProtoWriter().string(1, "").varint(2, OPSET))
    .message(8, new ProtoWriter().string(1, "com.microsoft").varint(2, MICROSOFT_OPSET));
}
