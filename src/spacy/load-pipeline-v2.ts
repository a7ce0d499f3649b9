/** @file Loads a pipeline in the layout of spaCy 2.0, such as en_core_sci_md 0.1.0. */
import { unsupported } from "./architectures.js";
import { requireFile } from "./components.js";
import { readVocabularyV2 } from "./lexemes-v2.js";
import { corruptFile } from "./msgpack.js";
import type { PackageFiles } from "./package-files.js";
import type { PipelineParts } from "./pipeline.js";
import { readTokenizerFile } from "./tokenizer-file.js";
import { readTransitionsV2 } from "./transitions.js";
import { readVectorTable } from "./vocabulary.js";
import { readParserWeightsV2, readVectorWeightsV2 } from "./weights-v2.js";

/** Components that do not decide on sentences; the tagger and the entity recognizer are switched off by the published script too. */
const WITHOUT_EFFECT = ["tagger", "ner", "textcat", "similarity"];

/** The parts of a pipeline; `components` are the names in meta.json. */
export async function readPartsV2(
  files: PackageFiles,
  components: readonly string[],
): Promise<Omit<PipelineParts, "name" | "version" | "layout">> {
  for (const name of components)
    if (name !== "parser" && !WITHOUT_EFFECT.includes(name))
      throw unsupported("The component", name, ["parser", ...WITHOUT_EFFECT]);
  if (!components.includes("parser")) throw unsupported("A pipeline of", components.join(", "), ["parser"]);
  const settings = await readJson(files, "parser/cfg");
  for (const [key, allowed] of [
    ["beam_width", 1],
    ["hist_size", 0],
    ["hidden_depth", 1],
  ] as const)
    if (settings[key] !== undefined && settings[key] !== allowed)
      throw unsupported(`parser/cfg: ${key}`, String(settings[key]), [String(allowed)]);
  const rules = readTokenizerFile(await requireFile(files, "tokenizer"), 2);
  const strings = await readJson(files, "vocab/strings.json");
  if (!Array.isArray(strings)) throw corruptFile("vocab/strings.json", "it is not a list");
  const vocabulary = readVocabularyV2(
    await requireFile(files, "vocab/lexemes.bin"),
    strings as string[],
    rules,
  );
  const hasVectors = settings["pretrained_vectors"] !== undefined && settings["pretrained_vectors"] !== null;
  const vectors = readVectorWeightsV2(
    await requireFile(files, "parser/tok2vec_model"),
    "parser/tok2vec_model",
    hasVectors ? await readTable(files) : null,
  );
  const transitions = readTransitionsV2(await requireFile(files, "parser/moves"), "parser/moves");
  const weights = readParserWeightsV2(
    await requireFile(files, "parser/lower_model"),
    await requireFile(files, "parser/upper_model"),
    transitions.count,
  );
  return {
    rules,
    ...vocabulary,
    components: [
      {
        kind: "parser",
        name: "parser",
        vectors: "parser",
        model: { system: "spacy-2.0", weights, transitions },
      },
    ],
    vectors: new Map([["parser", vectors]]),
  };
}

/** In spaCy 2.0 a word without a vector has the table's first row. */
async function readTable(files: PackageFiles): Promise<ReturnType<typeof readVectorTable>> {
  const table = readVectorTable({
    vectors: await requireFile(files, "vocab/vectors"),
    keys: await requireFile(files, "vocab/key2row"),
    config: null,
  });
  return { ...table, rowOf: (id) => Math.max(0, table.rowOf(id)) };
}

async function readJson(files: PackageFiles, path: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(new TextDecoder().decode(await requireFile(files, path))) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError) throw corruptFile(path, "it is not JSON");
    throw error;
  }
}
