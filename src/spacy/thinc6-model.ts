/** @file Reads thinc 6 model files (spaCy 2.0): layers in breadth-first order with named parameters. */
import {
  asFloats,
  asList,
  asMap,
  asNumber,
  asText,
  corruptFile,
  decodeMsgpack,
  type FloatArray,
} from "./msgpack.js";

export interface Thinc6Layer {
  readonly seed: number | null;
  readonly params: Readonly<Record<string, FloatArray>>;
}

/** The layers that have parameters, in the file's order. */
export function readThinc6Model(bytes: Uint8Array, file: string): Thinc6Layer[] {
  const root = asMap(decodeMsgpack(bytes, file), file, "the model");
  const layers = asList(root["weights"], file, "weights").map((packed, index): Thinc6Layer => {
    const layer = asMap(packed, file, `layer ${index}`);
    const params = asList(layer["params"], file, `params of layer ${index}`).map(
      (entry): [string, FloatArray] => {
        const parameter = asMap(entry, file, `a parameter of layer ${index}`);
        const name = asText(parameter["name"], file, "the name of a parameter");
        return [name, asFloats(parameter["value"], file, `${name} of layer ${index}`)];
      },
    );
    return {
      seed: layer["seed"] === undefined ? null : asNumber(layer["seed"], file, "a seed"),
      params: Object.fromEntries(params),
    };
  });
  return layers.filter((layer) => Object.keys(layer.params).length > 0);
}

/** A parameter with as many dimensions as its place asks for. */
export function parameterOf(
  layer: Thinc6Layer | undefined,
  name: string,
  dimensions: number,
  file: string,
): FloatArray {
  const array = layer?.params[name];
  if (array === undefined) throw corruptFile(file, `it has no parameter ${name} where one belongs`);
  if (array.shape.length !== dimensions)
    throw corruptFile(file, `${name} has ${array.shape.length} dimensions instead of ${dimensions}`);
  return array;
}
