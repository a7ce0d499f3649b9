/** @file Exports a loaded model as a Hugging Face folder; a quantized variant only when it stays close to the original. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BertHead } from "../bert/parameters.js";
import type { OpenModel } from "../checkpoint/index.js";
import { exportModelFolder, type OnnxVariant } from "../checkpoint/folder/export-folder.js";
import { factsOfCard } from "../checkpoint/folder/model-card.js";
import { READING_FILES } from "../checkpoint/reading-files.js";
import { ClinicalBertError } from "../errors.js";
import { LEAST_COSINE, worstTokenCosine } from "./check-quantized.js";
import { loadTokenizer } from "./load-tokenizer.js";

export interface ExportOptions {
  /** Variants under `onnx/`; `fp32` and `q8` by default. */
  readonly onnx?: readonly OnnxVariant[];
  /** Writes the quantized variant whatever it does to the hidden states. */
  readonly force?: boolean;
  /** `true` or `false` overrides what the files of the model say of its case. */
  readonly lowercase?: boolean;
}

export interface ExportReport {
  readonly heads: readonly BertHead[];
  /** Worst cosine of a token under 8-bit weights; `null` when no quantized variant was asked for. */
  readonly worstCosine: number | null;
  readonly notices: readonly string[];
}

/** Writes `model` with every head that it has. Throws `EXPORT_REFUSED` for a quantized variant below `LEAST_COSINE`. */
export async function exportModel(
  model: OpenModel,
  folder: string,
  { onnx = ["fp32", "q8"], force = false, lowercase }: ExportOptions = {},
): Promise<ExportReport> {
  const heads = headsToExport(model);
  const parameters = await model.readParameters(heads);
  const tokenizer = await loadTokenizer(model.folder, lowercase).catch((error) => {
    if (error instanceof ClinicalBertError && error.code === "FILE_NOT_FOUND") return null;
    throw error;
  });
  const worstCosine = onnx.includes("q8") ? await worstTokenCosine(model.config, parameters) : null;
  if (worstCosine !== null && worstCosine < LEAST_COSINE && !force)
    throw new ClinicalBertError(
      "EXPORT_REFUSED",
      `With 8-bit weights a token of ${model.name} keeps a cosine of only ${worstCosine.toFixed(3)}; ${LEAST_COSINE} is asked for.`,
      { details: { model: model.name, cosine: worstCosine } },
    );
  await exportModelFolder(folder, {
    config: model.config,
    heads,
    parameters,
    tokenizer: tokenizer === null ? null : { wordpiece: tokenizer.tokenizer, maxLength: tokenizer.maxLength },
    card: {
      title: model.name.split(/[\\/]/).at(-1)!,
      origin: model.name.split(/[\\/]/).slice(-2).join("/"),
      facts: [
        ...(await keptFacts(model.folder)),
        ["source format", model.weights.format],
        ["layers", model.config.layerCount],
        ["hidden size", model.config.hiddenSize],
        ["vocabulary", model.config.vocabSize],
        [
          "activation",
          model.config.hiddenActivation === "gelu" ? "gelu (erf)" : model.config.hiddenActivation,
        ],
        ...(worstCosine === null
          ? []
          : [["worst cosine of a token, 8-bit", worstCosine.toFixed(4)] as const]),
      ],
    },
    onnx,
    beside: await readingFilesOf(model.folder),
  });
  const notices = [
    ...model.notices,
    ...(tokenizer?.notices ?? [`${model.folder} has no vocabulary: none was written.`]),
  ];
  return { heads, worstCosine, notices };
}

async function readingFilesOf(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const file of READING_FILES) {
    const text = await readFile(join(folder, file), "utf8").catch(() => null);
    if (text !== null) found.set(file, text);
  }
  return found;
}

/** What an export says of itself, anew. */
const OWN_FACTS = [
  "source format",
  "layers",
  "hidden size",
  "vocabulary",
  "activation",
  "worst cosine of a token, 8-bit",
];

/** Recipe and data of a model of our own runs, from its card. */
async function keptFacts(folder: string): Promise<[string, string][]> {
  const card = await readFile(join(folder, "README.md"), "utf8").catch(() => "");
  return factsOfCard(card).filter(([name]) => !OWN_FACTS.includes(name));
}

/** Pretraining heads as they are; a classifier is a token or a sequence classifier by what the configuration says. */
function headsToExport({ heads, configJson }: OpenModel): BertHead[] {
  const architecture = String(((configJson["architectures"] as unknown[] | undefined) ?? [])[0] ?? "");
  const wanted = new Set(heads);
  if (wanted.has("token-classification")) {
    const token = architecture.includes("TokenClassification") || !wanted.has("pooler");
    wanted.delete(token ? "sequence-classification" : "token-classification");
  }
  return [...wanted];
}
