/** @file The components of a spaCy 3 pipeline that decide on sentences, in their order. */

import { ClinicalBertError } from "../errors.js";
import {
  architectureOf,
  planVectors,
  readParserWeights,
  readSenterWeights,
  readVectorWeights,
  sectionAt,
  unsupported,
  type VectorPlan,
} from "./architectures.js";
import type { ConfigSection } from "./config-file.js";
import { asList, asMap, asText, corruptFile, decodeMsgpack } from "./msgpack.js";
import type { PackageFiles } from "./package-files.js";
import type { ParserModel } from "./parser.js";
import type { SenterWeights } from "./senter.js";
import { SENTENCE_MARKS } from "./tables/spacy-v3.generated.js";
import { readThincModel } from "./thinc-model.js";
import type { StaticVectors, TokenVectorWeights } from "./token-vectors.js";
import { readTransitions } from "./transitions.js";

/** A step of a pipeline. `vectors` names the token vectors that it reads. */
export type Component =
  | { readonly kind: "parser"; readonly name: string; readonly vectors: string; readonly model: ParserModel }
  | {
      readonly kind: "senter";
      readonly name: string;
      readonly vectors: string;
      readonly model: SenterWeights;
      readonly overwrite: boolean;
    }
  | {
      readonly kind: "sentencizer";
      readonly name: string;
      readonly marks: ReadonlySet<string>;
      readonly overwrite: boolean;
    };

export interface ComponentsFile {
  readonly components: readonly Component[];
  /** Token vector models by the name of the component that owns them. */
  readonly vectors: ReadonlyMap<string, TokenVectorWeights>;
}

/** Components that neither set sentences nor change words. */
const WITHOUT_EFFECT = [
  "tagger",
  "morphologizer",
  "attribute_ruler",
  "lemmatizer",
  "trainable_lemmatizer",
  "ner",
  "beam_ner",
  "entity_ruler",
  "span_ruler",
  "entity_linker",
  "spancat",
  "spancat_singlelabel",
  "textcat",
  "textcat_multilabel",
];

const KNOWN = ["tok2vec", "parser", "senter", "sentencizer", ...WITHOUT_EFFECT];

/** Where static vectors come from, when a model asks for them. */
export type VectorTable = () => Promise<Pick<StaticVectors, "table" | "size" | "rowOf">>;

export async function readComponents(
  config: ConfigSection,
  files: PackageFiles,
  vectorTable: VectorTable,
): Promise<ComponentsFile> {
  const nlp = sectionAt(config, "nlp", "");
  const disabled = Array.isArray(nlp["disabled"]) ? nlp["disabled"].map(String) : [];
  if (!Array.isArray(nlp["pipeline"])) throw corruptFile("config.cfg", "pipeline of [nlp] is not a list");
  const all = sectionAt(config, "components", "");
  const components: Component[] = [];
  const vectors = new Map<string, TokenVectorWeights>();
  for (const name of nlp["pipeline"].map(String)) {
    const section = sectionAt(all, name, "components");
    const factory = String(section["factory"]);
    if (!KNOWN.includes(factory)) throw unsupported(`The component ${name}:`, factory, KNOWN);
    if (WITHOUT_EFFECT.includes(factory) || disabled.includes(name)) continue;
    if (factory === "sentencizer") components.push(await readSentencizer(name, files));
    else await readTrained(name, factory, section, { files, vectorTable, components, vectors });
  }
  return { components, vectors };
}

interface Reading {
  readonly files: PackageFiles;
  readonly vectorTable: VectorTable;
  readonly components: Component[];
  readonly vectors: Map<string, TokenVectorWeights>;
}

async function readTrained(
  name: string,
  factory: string,
  section: ConfigSection,
  reading: Reading,
): Promise<void> {
  const path = `components.${name}.model`;
  const modelSection = sectionAt(section, "model", `components.${name}`);
  const model = readThincModel(await requireFile(reading.files, `${name}/model`), `${name}/model`);
  if (factory === "tok2vec") {
    const plan = planVectors(modelSection, path);
    reading.vectors.set(name, readVectorWeights(model, plan, await tableFor(plan, reading)));
    return;
  }
  const source = sectionAt(modelSection, "tok2vec", path);
  const owner = await vectorsOf(name, source, `${path}.tok2vec`, model, reading);
  const width = reading.vectors.get(owner)!.width;
  const settings = await readSettings(reading.files, name);
  if (factory === "senter") {
    const weights = readSenterWeights(model, modelSection, path, width);
    reading.components.push({
      kind: "senter",
      name,
      vectors: owner,
      model: weights,
      overwrite: settings["overwrite"] === true,
    });
    return;
  }
  if (settings["beam_width"] !== undefined && settings["beam_width"] !== 1)
    throw unsupported(`The beam_width of ${name},`, String(settings["beam_width"]), ["1"]);
  const transitions = readTransitions(await requireFile(reading.files, `${name}/moves`), `${name}/moves`);
  const weights = readParserWeights(model, modelSection, path, width, transitions.count);
  reading.components.push({
    kind: "parser",
    name,
    vectors: owner,
    model: { system: "spacy-3", weights, transitions },
  });
}

/** The component whose token vectors a model reads: an earlier one that it listens to, or itself. */
async function vectorsOf(
  name: string,
  source: ConfigSection,
  path: string,
  model: ReturnType<typeof readThincModel>,
  reading: Reading,
): Promise<string> {
  if (source["@architectures"] !== "spacy.Tok2VecListener.v1") {
    const plan = planVectors(source, path);
    reading.vectors.set(name, readVectorWeights(model, plan, await tableFor(plan, reading)));
    return name;
  }
  architectureOf(source, "listener", path);
  const upstream = String(source["upstream"] ?? "*");
  const shared = [...reading.vectors.keys()].filter(
    (key) => !reading.components.some((component) => component.name === key),
  );
  const owner = upstream === "*" ? shared.at(-1) : shared.find((key) => key === upstream);
  if (owner === undefined)
    throw corruptFile("config.cfg", `${name} listens to ${upstream}, which no component before it is`);
  return owner;
}

async function tableFor(
  plan: VectorPlan,
  reading: Reading,
): Promise<Awaited<ReturnType<VectorTable>> | null> {
  return plan.staticVectors ? reading.vectorTable() : null;
}

async function readSettings(files: PackageFiles, name: string): Promise<Record<string, unknown>> {
  const bytes = await files.read(`${name}/cfg`);
  if (bytes === null) return {};
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    throw corruptFile(`${name}/cfg`, "it is not JSON");
  }
}

async function readSentencizer(name: string, files: PackageFiles): Promise<Component> {
  const bytes = await files.read(name);
  const settings = bytes === null ? {} : asMap(decodeMsgpack(bytes, name), name, "the file");
  const marks = settings["punct_chars"];
  return {
    kind: "sentencizer",
    name,
    marks: new Set(
      marks === undefined
        ? SENTENCE_MARKS
        : asList(marks, name, "punct_chars").map((mark) => asText(mark, name, "a mark")),
    ),
    overwrite: settings["overwrite"] === true,
  };
}

/** A file without which nothing works. */
export async function requireFile(files: PackageFiles, path: string): Promise<Uint8Array> {
  const bytes = await files.read(path);
  if (bytes !== null) return bytes;
  throw new ClinicalBertError("SPACY_MISSING_FILE", `${files.origin} has no ${path}.`, {
    details: { path: files.origin, file: path },
  });
}
