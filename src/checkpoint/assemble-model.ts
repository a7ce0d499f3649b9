/** @file Configuration and weights as one model: canonical parameters, heads, and what its user should know. Opens no file. */
import { type BertConfig, readBertConfig } from "../bert/config.js";
import { type BertHead, parameterTable } from "../bert/parameters.js";
import { ClinicalBertError } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { asFloat32 } from "./float32.js";
import { canonicalTensors, headsAmong, mapNames, type NameMap } from "./names/canonical.js";
import { quoteName, type TensorInfo, type Weights } from "./weights.js";

export interface OpenModel {
  /** The path, or the hub id with its commit. */
  readonly name: string;
  readonly folder: string;
  readonly config: BertConfig;
  /** `config.json` or `bert_config.json` as it is. */
  readonly configJson: Readonly<Record<string, unknown>>;
  readonly weights: Weights;
  readonly names: NameMap;
  /** Heads whose every parameter is there. */
  readonly heads: ReadonlySet<BertHead>;
  /** For people: traps of this model, tensors that nobody needs. Never a reason to stop. */
  readonly notices: readonly string[];
  /**
   * The parameters of a model with `heads` as float32, under their canonical names. Throws `HEAD_MISSING` where a head is
   * not in the file, `MODEL_INCOMPLETE` where a parameter is missing or has another shape.
   */
  readParameters(heads: readonly BertHead[]): Promise<Map<string, Tensor<Float32Array>>>;
  close(): Promise<void>;
}

/** Published checkpoints that have what BioBERT's lack. */
const WITH_MASKED_LM = "emilyalsentzer/Bio_ClinicalBERT, google-bert/bert-base-cased, cased_L-12_H-768_A-12";
const MOST_LISTED = 10;

/** What a model is made of, wherever its files were. */
export interface ModelParts {
  readonly name: string;
  readonly folder: string;
  /** Names the configuration in errors. */
  readonly configPath: string;
  readonly configJson: Readonly<Record<string, unknown>>;
  readonly weights: Weights;
  readonly notices: readonly string[];
}

/** Takes ownership of `weights`, also when it throws: `BERT_CONFIG` for a configuration that is none. */
export async function assembleModel(parts: ModelParts): Promise<OpenModel> {
  const { name, folder, configPath, configJson, weights, notices } = parts;
  try {
    const names = mapNames(weights);
    const canonical = canonicalTensors(weights, names.parameters);
    const heads = headsAmong(new Set(canonical.tensors.map((tensor) => tensor.name)));
    const config = completeLabels(readBertConfig(configJson, configPath), canonical.tensors);
    return {
      name,
      folder,
      config,
      configJson,
      weights,
      names,
      heads,
      notices: [...notices, ...describeRest(weights, names)],
      async readParameters(wanted) {
        requireHeads(name, heads, wanted);
        const infos = new Map(canonical.tensors.map((info) => [info.name, info]));
        const table = parameterTable(config, wanted);
        requireShapes(weights.path, table, infos);
        await requireTied(weights, names, configJson, wanted);
        const parameters = new Map<string, Tensor<Float32Array>>();
        for (const { name: parameter } of table)
          parameters.set(parameter, asFloat32(await canonical.read(parameter), parameter));
        return parameters;
      },
      close: () => weights.close(),
    };
  } catch (error) {
    await weights.close();
    throw error;
  }
}

/** The object in the text of a `config.json`; throws `BERT_CONFIG` without quoting it. */
export function parseConfigJson(text: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Said below without the parser's quotation of the file.
  }
  throw new ClinicalBertError("BERT_CONFIG", `${path} is not a JSON object.`);
}

/** A classifier without class names has transformers' own: LABEL_0, LABEL_1, … */
function completeLabels(config: BertConfig, tensors: readonly TensorInfo[]): BertConfig {
  const rows = tensors.find(({ name }) => name === "classifier.weight")?.dims[0];
  if (rows === undefined || config.labels.length === rows) return config;
  return { ...config, labels: Array.from({ length: rows }, (_, index) => `LABEL_${index}`) };
}

function requireHeads(model: string, present: ReadonlySet<BertHead>, wanted: readonly BertHead[]): void {
  const missing = wanted.filter((head) => !present.has(head));
  if (missing.length === 0) return;
  const has = present.size === 0 ? "none" : [...present].join(", ");
  const remedy = missing.includes("masked-lm")
    ? `Checkpoints with a masked-LM head are ${WITH_MASKED_LM}; BioBERT v1.0 has none.`
    : undefined;
  throw new ClinicalBertError(
    "HEAD_MISSING",
    `${model} has no head ${missing.join(", ")}; heads in its weights: ${has}.`,
    { details: { model, missing, present: [...present] }, ...(remedy === undefined ? {} : { remedy }) },
  );
}

function requireShapes(
  path: string,
  table: readonly { readonly name: string; readonly shape: readonly number[] }[],
  infos: ReadonlyMap<string, TensorInfo>,
): void {
  const missing = table.filter(({ name }) => !infos.has(name)).map(({ name }) => name);
  if (missing.length > 0)
    throw new ClinicalBertError("MODEL_INCOMPLETE", `${path} lacks ${listed(missing)}.`, {
      details: { path, missing },
    });
  for (const { name, shape } of table) {
    const { dims } = infos.get(name)!;
    if (dims.length !== shape.length || dims.some((dim, axis) => dim !== shape[axis]))
      throw new ClinicalBertError(
        "MODEL_INCOMPLETE",
        `${path}, tensor ${quoteName(name)}: shape [${dims.join(", ")}], the configuration asks for [${shape.join(", ")}].`,
        { details: { path, tensor: name, shape: dims, wanted: shape } },
      );
  }
}

/** A decoder that differs from the word embeddings belongs to an untied model, which would be run wrongly. */
async function requireTied(
  weights: Weights,
  names: NameMap,
  configJson: Readonly<Record<string, unknown>>,
  wanted: readonly BertHead[],
): Promise<void> {
  if (!wanted.includes("masked-lm") || configJson["tie_word_embeddings"] !== false) return;
  for (const { source, name } of names.aliases) {
    const canonical = names.parameters.find((parameter) => parameter.name === name)!;
    if (canonical.source === source) continue;
    const [alias, tied] = [await weights.read(source), await weights.read(canonical.source)];
    if (alias.data.some((value, index) => value !== tied.data[index]))
      throw new ClinicalBertError(
        "CHECKPOINT_UNSUPPORTED",
        `${weights.path}, tensor ${quoteName(source)}: it differs from ${name}; untied decoders are not run here.`,
        { details: { path: weights.path, tensor: source } },
      );
  }
}

function describeRest(weights: Weights, { unknown, slots, step }: NameMap): string[] {
  const notices: string[] = [];
  if (unknown.length > 0)
    notices.push(`${weights.path} has tensors that no BERT of this package has: ${listed(unknown)}.`);
  if (slots.length > 0 || step !== null)
    notices.push(
      `${weights.path} has ${slots.length} optimizer slots${step === null ? "" : " and a global step"}, left out.`,
    );
  return notices;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_LISTED).map(quoteName).join(", ");
  return names.length > MOST_LISTED ? `${shown} and ${names.length - MOST_LISTED} more` : shown;
}
