/** @file Loads a spaCy pipeline as published: a folder, `.tar.gz` or wheel, in the layout of spaCy 3 or 2.0. */
import { unsupported } from "./architectures.js";
import { readComponents, requireFile } from "./components.js";
import { parseConfig } from "./config-file.js";
import type { OutsideArithmetic } from "./matrix-product.js";
import { readPartsV2 } from "./load-pipeline-v2.js";
import { corruptFile } from "./msgpack.js";
import { openPackage, type PackageFiles } from "./package-files.js";
import { createPipeline, type SpacyPipeline } from "./pipeline.js";
import { readTokenizerFile } from "./tokenizer-file.js";
import { attributeValue } from "./word-types.js";
import { readNorms, readVectorTable, stringIdsV3 } from "./vocabulary.js";

export interface LoadSpacyOptions {
  /** Does the large products of `parseLater` instead of the package's own kernels. */
  readonly arithmetic?: OutsideArithmetic;
}

/** Tokenizers of other languages are programs of their own. */
const LANGUAGES = ["en"];

interface Meta {
  readonly lang: string;
  readonly name: string;
  readonly version: string;
  readonly spacyVersion: string;
  readonly pipeline: readonly string[];
}

/**
 * Loads a pipeline. `ClinicalBertError` FILE_NOT_FOUND, FILE_ACCESS, SPACY_NOT_A_PIPELINE, SPACY_MISSING_FILE, SPACY_CORRUPT,
 * SPACY_UNSUPPORTED (another major version, language, component or architecture), SPACY_REGEX.
 */
export async function loadSpacyPipeline(
  path: string,
  options: LoadSpacyOptions = {},
): Promise<SpacyPipeline> {
  const { arithmetic = null } = options;
  const files = await openPackage(path);
  const meta = readMeta(await requireFile(files, "meta.json"));
  if (!LANGUAGES.includes(meta.lang)) throw unsupported("The language", meta.lang, LANGUAGES);
  if (/^[>=~]*3\./.test(meta.spacyVersion)) return loadV3(files, meta, arithmetic);
  if (/^[>=~]*2\.0\./.test(meta.spacyVersion)) {
    const parts = await readPartsV2(files, meta.pipeline);
    const name = `${meta.lang}_${meta.name}`;
    return createPipeline({ ...parts, name, version: meta.version, layout: "spacy-2.0" }, arithmetic);
  }
  throw unsupported("meta.json: spaCy", meta.spacyVersion, ["3.x", "2.0.x"]);
}

function readMeta(bytes: Uint8Array): Meta {
  let meta: Record<string, unknown>;
  try {
    meta = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    throw corruptFile("meta.json", "it is not JSON");
  }
  const text = (key: string): string => (typeof meta[key] === "string" ? meta[key] : "");
  return {
    lang: text("lang"),
    name: text("name"),
    version: text("version"),
    spacyVersion: text("spacy_version"),
    pipeline: Array.isArray(meta["pipeline"]) ? meta["pipeline"].map(String) : [],
  };
}

async function loadV3(
  files: PackageFiles,
  meta: Meta,
  outside: OutsideArithmetic | null,
): Promise<SpacyPipeline> {
  const config = parseConfig(new TextDecoder().decode(await requireFile(files, "config.cfg")), "config.cfg");
  const rules = readTokenizerFile(await requireFile(files, "tokenizer"), 3);
  const vectorTable = async (): Promise<ReturnType<typeof readVectorTable>> =>
    readVectorTable({
      vectors: await requireFile(files, "vocab/vectors"),
      keys: await requireFile(files, "vocab/key2row"),
      config: await files.read("vocab/vectors.cfg"),
    });
  const { components, vectors } = await readComponents(config, files, vectorTable);
  return createPipeline(
    {
      name: `${meta.lang}_${meta.name}`,
      version: meta.version,
      layout: "spacy-3",
      rules,
      normOf: readNorms(await files.read("vocab/lookups.bin")),
      values: (form, space, attribute) => attributeValue(form, space, attribute, stringIdsV3),
      components,
      vectors,
    },
    outside,
  );
}
