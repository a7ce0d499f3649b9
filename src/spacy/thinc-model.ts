/** @file Reads thinc 8 model files: nodes in breadth-first order with dimensions, attributes and parameters. */
import {
  asFloats,
  asList,
  asMap,
  asNumber,
  asText,
  corruptFile,
  decodeMsgpack,
  type FloatArray,
  type Packed,
} from "./msgpack.js";

export interface ThincNode {
  readonly index: number;
  readonly name: string;
  readonly dims: Readonly<Record<string, number>>;
  readonly refs: Readonly<Record<string, number>>;
  readonly attrs: Readonly<Record<string, Packed>>;
  readonly params: Readonly<Record<string, FloatArray>>;
}

export interface ThincModel {
  readonly file: string;
  readonly nodes: readonly ThincNode[];
}

export function readThincModel(bytes: Uint8Array, file: string): ThincModel {
  const root = asMap(decodeMsgpack(bytes, file), file, "the model");
  const attrs = asList(root["attrs"], file, "attrs");
  const params = asList(root["params"], file, "params");
  const nodes = asList(root["nodes"], file, "nodes").map((packed, position): ThincNode => {
    const node = asMap(packed, file, `node ${position}`);
    const label = `node ${position}`;
    return {
      index: asNumber(node["index"], file, label),
      name: asText(node["name"], file, label),
      dims: numbersOf(node["dims"], file, label),
      refs: numbersOf(node["refs"], file, label),
      attrs: attributesOf(attrs[position], file, label),
      params: parametersOf(params[position], file, label),
    };
  });
  return { file, nodes };
}

function numbersOf(value: Packed | undefined, file: string, what: string): Record<string, number> {
  const entries = Object.entries(asMap(value, file, what)).filter(([, size]) => size !== null);
  return Object.fromEntries(entries.map(([key, size]) => [key, asNumber(size, file, what)]));
}

function attributesOf(value: Packed | undefined, file: string, what: string): Record<string, Packed> {
  const entries = Object.entries(asMap(value, file, what)).map(([key, packed]): [string, Packed] => {
    if (!(packed instanceof Uint8Array)) throw corruptFile(file, `attribute ${key} of ${what} is not packed`);
    return [key, decodeMsgpack(packed, file)];
  });
  return Object.fromEntries(entries);
}

function parametersOf(value: Packed | undefined, file: string, what: string): Record<string, FloatArray> {
  const entries = Object.entries(asMap(value, file, what)).filter(([, array]) => array !== null);
  return Object.fromEntries(entries.map(([key, array]) => [key, asFloats(array, file, `${key} of ${what}`)]));
}

/** A parameter of a node, with the shape that its place in the architecture asks for. */
export function parameter(
  model: ThincModel,
  node: ThincNode | undefined,
  name: string,
  shape: readonly number[],
): Float32Array {
  const array = node?.params[name];
  if (node === undefined || array === undefined)
    throw corruptFile(
      model.file,
      `it has no parameter ${name}${node === undefined ? "" : ` in node ${node.index} (${node.name.slice(0, 40)})`}`,
    );
  if (array.shape.length !== shape.length || array.shape.some((size, axis) => size !== shape[axis]))
    throw corruptFile(
      model.file,
      `${name} of node ${node.index} has shape ${array.shape.join("x")} instead of ${shape.join("x")}`,
    );
  return array.data;
}

export function nodesNamed(model: ThincModel, name: string): ThincNode[] {
  return model.nodes.filter((node) => node.name === name);
}
