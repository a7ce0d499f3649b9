/** @file The weights of a spaCy 2.0 parser: token vectors, lower and upper layer, told apart by their shapes. */
import { unsupported } from "./architectures.js";
import type { MaxoutWeights } from "./maxout.js";
import { corruptFile } from "./msgpack.js";
import type { ParserWeights } from "./state-scores.js";
import { parameterOf, readThinc6Model, type Thinc6Layer } from "./thinc6-model.js";
import type { HashTable, StaticVectors, TokenVectorWeights } from "./token-vectors.js";
import type { EmbeddedAttribute } from "./word-types.js";

/** Tables in the order of their seeds, which count up as the layers were made (spacy/_ml.py:240-256). */
const ATTRIBUTES: readonly EmbeddedAttribute[] = ["NORM", "PREFIX", "SUFFIX", "SHAPE"];
const CONVOLUTIONS = 4;
const MIXER_PIECES = 3;

/** `Tok2Vec` of spacy/_ml.py: mixer and convolutions are maxout layers in this order; so are their norms. */
export function readVectorWeightsV2(
  bytes: Uint8Array,
  file: string,
  table: Pick<StaticVectors, "table" | "size" | "rowOf"> | null,
): TokenVectorWeights {
  const layers = readThinc6Model(bytes, file);
  const maxouts = layers.filter((layer) => layer.params["W"]?.shape.length === 3);
  const norms = layers.filter((layer) => layer.params["G"] !== undefined);
  const projection = layers.find((layer) => layer.params["W"]?.shape.length === 2);
  const hashed = layers.filter((layer) => layer.params["vectors"] !== undefined);
  if (
    maxouts.length !== CONVOLUTIONS + 1 ||
    norms.length !== maxouts.length ||
    hashed.length !== ATTRIBUTES.length
  )
    throw corruptFile(
      file,
      `it has ${maxouts.length} maxout layers, ${norms.length} norms and ${hashed.length} tables`,
    );
  const tables = hashed
    .sort((a, b) => (a.seed ?? 0) - (b.seed ?? 0))
    .map((layer, index) => readTable(layer, index, file));
  const width = tables[0]!.vectors.length / tables[0]!.rows;
  if ((projection === undefined) !== (table === null))
    throw corruptFile(file, "it and parser/cfg disagree about static vectors");
  const mixer = readMaxout(maxouts[0]!, norms[0]!, file);
  if (mixer.pieces !== MIXER_PIECES || mixer.inputs !== width * (tables.length + (table === null ? 0 : 1)))
    throw corruptFile(file, `its first maxout has ${mixer.inputs} inputs and ${mixer.pieces} pieces`);
  return {
    width,
    tables,
    staticVectors:
      table === null ? null : { ...table, projection: parameterOf(projection, "W", 2, file).data },
    staticFirst: true,
    mixer,
    window: 1,
    layers: maxouts.slice(1).map((layer, index) => readMaxout(layer, norms[index + 1]!, file)),
    embedsPadding: true,
  };
}

function readTable(layer: Thinc6Layer, index: number, file: string): HashTable {
  const { shape, data } = parameterOf(layer, "vectors", 2, file);
  return { attribute: ATTRIBUTES[index]!, seed: layer.seed ?? 0, rows: shape[0]!, vectors: data };
}

function readMaxout(layer: Thinc6Layer, norm: Thinc6Layer, file: string): MaxoutWeights {
  const { shape, data } = parameterOf(layer, "W", 3, file);
  return {
    outputs: shape[0]!,
    pieces: shape[1]!,
    inputs: shape[2]!,
    weights: data,
    bias: parameterOf(layer, "b", 2, file).data,
    gain: parameterOf(norm, "G", 1, file).data,
    shift: parameterOf(norm, "b", 1, file).data,
  };
}

/** `lower_model` and `upper_model`; `classes` from the moves. */
export function readParserWeightsV2(
  lowerBytes: Uint8Array,
  upperBytes: Uint8Array,
  classes: number,
): ParserWeights {
  const [lower, upper] = [
    readThinc6Model(lowerBytes, "parser/lower_model")[0],
    readThinc6Model(upperBytes, "parser/upper_model").at(-1),
  ];
  const { shape, data } = parameterOf(lower, "W", 4, "parser/lower_model");
  const [features, hidden, pieces, width] = shape as [number, number, number, number];
  if (features !== 8 && features !== 13)
    throw unsupported("The number of state features", String(features), ["8", "13"]);
  if (pieces < 2) throw unsupported("The number of maxout pieces of the parser", String(pieces), ["2", "3"]);
  const scores = parameterOf(upper, "W", 2, "parser/upper_model");
  if (scores.shape[0] !== classes || scores.shape[1] !== hidden)
    throw corruptFile(
      "parser/upper_model",
      `W has shape ${scores.shape.join("x")} instead of ${classes}x${hidden}`,
    );
  return {
    width,
    features,
    hidden,
    pieces,
    classes,
    projection: null,
    lower: data,
    lowerBias: parameterOf(lower, "b", 2, "parser/lower_model").data,
    pad: parameterOf(lower, "pad", 4, "parser/lower_model").data,
    upper: { weights: scores.data, bias: parameterOf(upper, "b", 1, "parser/upper_model").data },
  };
}
