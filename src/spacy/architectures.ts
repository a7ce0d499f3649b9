/** @file Reads the architectures of a spaCy 3 `config.cfg` and takes their weights out of model files. */
import { ClinicalBertError } from "../errors.js";
import { type ConfigSection, type ConfigValue, isSection } from "./config-file.js";
import type { MaxoutWeights } from "./maxout.js";
import { corruptFile } from "./msgpack.js";
import type { SenterWeights } from "./senter.js";
import type { ParserWeights } from "./state-scores.js";
import { nodesNamed, parameter, type ThincModel } from "./thinc-model.js";
import type { HashTable, StaticVectors, TokenVectorWeights } from "./token-vectors.js";
import { EMBEDDED_ATTRIBUTES, type EmbeddedAttribute } from "./word-types.js";

/** The architectures that are implemented, by what they are for. */
export const ARCHITECTURES = {
  vectors: ["spacy.Tok2Vec.v2", "spacy.HashEmbedCNN.v2"],
  listener: ["spacy.Tok2VecListener.v1"],
  embed: ["spacy.MultiHashEmbed.v2"],
  encode: ["spacy.MaxoutWindowEncoder.v2"],
  parser: ["spacy.TransitionBasedParser.v2"],
  senter: ["spacy.Tagger.v2"],
} as const;

/** Shape of the token vectors that a configuration asks for. */
export interface VectorPlan {
  readonly width: number;
  readonly attributes: readonly EmbeddedAttribute[];
  readonly rows: readonly number[];
  readonly staticVectors: boolean;
  readonly window: number;
  readonly depth: number;
  readonly pieces: number;
}

export function unsupported(what: string, value: string, allowed: readonly string[]): ClinicalBertError {
  return new ClinicalBertError(
    "SPACY_UNSUPPORTED",
    `${what} ${value} is not implemented; known: ${allowed.join(", ")}.`,
    {
      details: { what, value, allowed },
    },
  );
}

/** The architecture's name, checked against those that are known for its place. */
export function architectureOf(
  section: ConfigSection,
  kind: keyof typeof ARCHITECTURES,
  path: string,
): string {
  const name = String(section["@architectures"]);
  const known: readonly string[] = ARCHITECTURES[kind];
  if (!known.includes(name)) throw unsupported(`The architecture of [${path}],`, name, known);
  return name;
}

export function sectionAt(section: ConfigSection, key: string, path: string): ConfigSection {
  const value = section[key];
  if (!isSection(value)) throw corruptFile("config.cfg", `the section [${path}.${key}] is missing`);
  return value;
}

function numberAt(section: ConfigSection, key: string, path: string): number {
  const value = section[key];
  if (typeof value !== "number") throw corruptFile("config.cfg", `${key} of [${path}] is not a number`);
  return value;
}

function listAt(section: ConfigSection, key: string, path: string): readonly ConfigValue[] {
  const value = section[key];
  if (!Array.isArray(value)) throw corruptFile("config.cfg", `${key} of [${path}] is not a list`);
  return value;
}

export function planVectors(section: ConfigSection, path: string): VectorPlan {
  if (architectureOf(section, "vectors", path) === "spacy.HashEmbedCNN.v2")
    return planHashEmbedCnn(section, path);
  const embed = sectionAt(section, "embed", path);
  const encode = sectionAt(section, "encode", path);
  architectureOf(embed, "embed", `${path}.embed`);
  architectureOf(encode, "encode", `${path}.encode`);
  return {
    width: numberAt(encode, "width", `${path}.encode`),
    attributes: listAt(embed, "attrs", `${path}.embed`).map(attributeOf),
    rows: listAt(embed, "rows", `${path}.embed`).map(Number),
    staticVectors: embed["include_static_vectors"] === true,
    window: numberAt(encode, "window_size", `${path}.encode`),
    depth: numberAt(encode, "depth", `${path}.encode`),
    pieces: numberAt(encode, "maxout_pieces", `${path}.encode`),
  };
}

function planHashEmbedCnn(section: ConfigSection, path: string): VectorPlan {
  const rows = numberAt(section, "embed_size", path);
  const subwords = section["subword_features"] === true;
  return {
    width: numberAt(section, "width", path),
    attributes: subwords ? ["NORM", "PREFIX", "SUFFIX", "SHAPE"] : ["NORM"],
    rows: subwords ? [rows, rows >> 1, rows >> 1, rows >> 1] : [rows],
    staticVectors: section["pretrained_vectors"] === true,
    window: numberAt(section, "window_size", path),
    depth: numberAt(section, "depth", path),
    pieces: numberAt(section, "maxout_pieces", path),
  };
}

function attributeOf(name: ConfigValue): EmbeddedAttribute {
  const known = EMBEDDED_ATTRIBUTES.find((attribute) => attribute === name);
  if (known === undefined) throw unsupported("The embedded attribute", String(name), EMBEDDED_ATTRIBUTES);
  return known;
}

/** MultiHashEmbed numbers its tables from this seed on. */
const FIRST_SEED = 8;
const MIXER_PIECES = 3;

/** Weights of a token vector model; the first maxout of the file, breadth first, is the mixer. */
export function readVectorWeights(
  model: ThincModel,
  plan: VectorPlan,
  table: Pick<StaticVectors, "table" | "size" | "rowOf"> | null,
): TokenVectorWeights {
  const { width, window, pieces } = plan;
  const tables = nodesNamed(model, "hashembed");
  const maxouts = nodesNamed(model, "maxout");
  const norms = nodesNamed(model, "layernorm");
  if (tables.length !== plan.rows.length || maxouts.length !== plan.depth + 1)
    throw corruptFile(
      model.file,
      `it has ${tables.length} tables and ${maxouts.length} maxout layers, not those of config.cfg`,
    );
  const layer = (index: number, inputs: number, ofPieces: number): MaxoutWeights => ({
    outputs: width,
    pieces: ofPieces,
    inputs,
    weights: parameter(model, maxouts[index], "W", [width, ofPieces, inputs]),
    bias: parameter(model, maxouts[index], "b", [width, ofPieces]),
    gain: parameter(model, norms[index], "G", [width]),
    shift: parameter(model, norms[index], "b", [width]),
  });
  const seeded = tables
    .map((node) => ({ node, seed: Number(node.attrs["seed"]) }))
    .sort((a, b) => a.seed - b.seed);
  const hashTables = seeded.map(({ node, seed }, index): HashTable => {
    if (seed !== FIRST_SEED + index)
      throw corruptFile(model.file, `a hash table has seed ${seed} instead of ${FIRST_SEED + index}`);
    const rows = plan.rows[index]!;
    return {
      attribute: plan.attributes[index]!,
      seed,
      rows,
      vectors: parameter(model, node, "E", [rows, width]),
    };
  });
  const concatenated = width * (hashTables.length + (plan.staticVectors ? 1 : 0));
  return {
    width,
    tables: hashTables,
    staticVectors:
      plan.staticVectors && table !== null
        ? {
            ...table,
            projection: parameter(model, nodesNamed(model, "static_vectors")[0], "W", [width, table.size]),
          }
        : null,
    staticFirst: false,
    mixer: layer(0, concatenated, MIXER_PIECES),
    window,
    layers: Array.from({ length: plan.depth }, (_, index) =>
      layer(index + 1, width * (2 * window + 1), pieces),
    ),
    embedsPadding: false,
  };
}

/** Weights of a parser's own layers; `width` is that of the token vectors it listens to. */
export function readParserWeights(
  model: ThincModel,
  section: ConfigSection,
  path: string,
  width: number,
  classes: number,
): ParserWeights {
  architectureOf(section, "parser", path);
  if (section["state_type"] !== "parser")
    throw unsupported("The state_type", String(section["state_type"]), ["parser"]);
  const features = section["extra_state_tokens"] === true ? 13 : 8;
  const inner = numberAt(section, "hidden_width", path);
  const pieces = numberAt(section, "maxout_pieces", path);
  const useUpper = section["use_upper"] === true;
  const hidden = useUpper ? inner : classes;
  const root = model.nodes[0];
  const lower = model.nodes[root?.refs["lower"] ?? -1];
  const upper = model.nodes[root?.refs["upper"] ?? -1];
  const linear = nodesNamed(model, "linear").filter((node) => node !== upper);
  return {
    width,
    features,
    hidden,
    pieces,
    classes,
    projection: {
      inner,
      weights: parameter(model, linear[0], "W", [inner, width]),
      bias: parameter(model, linear[0], "b", [inner]),
    },
    lower: parameter(model, lower, "W", [features, hidden, pieces, inner]),
    lowerBias: parameter(model, lower, "b", [hidden, pieces]),
    pad: parameter(model, lower, "pad", [1, features, hidden, pieces]),
    upper: useUpper
      ? {
          weights: parameter(model, upper, "W", [classes, hidden]),
          bias: parameter(model, upper, "b", [classes]),
        }
      : null,
  };
}

export function readSenterWeights(
  model: ThincModel,
  section: ConfigSection,
  path: string,
  width: number,
): SenterWeights {
  architectureOf(section, "senter", path);
  const softmax = nodesNamed(model, "softmax")[0];
  return {
    width,
    weights: parameter(model, softmax, "W", [2, width]),
    bias: parameter(model, softmax, "b", [2]),
  };
}
