/** @file Opens a model and its tokenizer from an address, in a browser: a Hugging Face folder with `model.safetensors`. */
import { ClinicalBertError } from "../../errors.js";
import {
  type OpenedTokenizer,
  TOKENIZER_FILES,
  type TokenizerFileName,
  tokenizerFromFiles,
} from "../../tokens/tokenizer-files.js";
import { memorySource } from "../../util/byte-source.js";
import { assembleModel, type OpenModel, parseConfigJson } from "../assemble-model.js";
import { readSafetensors } from "../safetensors/reader.js";
import { type ModelFiles, openModelFiles, type WebModelOptions } from "./model-files.js";

/** Fetches configuration and weights of the model at `source`. Throws `FILE_NOT_FOUND`, `MODEL_FETCH`, `CHECKPOINT_DAMAGED`. */
export async function openWebModel(source: string, options: WebModelOptions = {}): Promise<OpenModel> {
  const files = await openModelFiles(source, options);
  const configJson = await readWebConfig(source, options);
  const bytes = await files.read("model.safetensors");
  if (bytes === null) throw absent(files, "model.safetensors", "Write one with `clinicalbert convert`.");
  return assembleModel({
    name: files.address,
    folder: files.address,
    configPath: `${files.address}config.json`,
    configJson,
    weights: await readSafetensors(memorySource(bytes, `${files.address}model.safetensors`)),
    notices: [],
  });
}

/** The `config.json` at an address. Throws `FILE_NOT_FOUND`, `MODEL_FETCH`, `BERT_CONFIG`. */
export async function readWebConfig(
  source: string,
  options: WebModelOptions = {},
): Promise<Record<string, unknown>> {
  const files = await openModelFiles(source, options);
  const bytes = await files.read("config.json");
  if (bytes === null) throw absent(files, "config.json");
  return parseConfigJson(new TextDecoder().decode(bytes), `${files.address}config.json`);
}

/** The tokenizer at an address, from whichever of its files are there. Throws as `tokenizerFromFiles`, and `MODEL_FETCH`. */
export async function openWebTokenizer(
  source: string,
  options: WebModelOptions & { readonly lowercase?: boolean } = {},
): Promise<OpenedTokenizer> {
  const files = await openModelFiles(source, options);
  const texts: Partial<Record<TokenizerFileName, string>> = {};
  for (const name of TOKENIZER_FILES) {
    const bytes = await files.read(name);
    if (bytes !== null) texts[name] = new TextDecoder().decode(bytes);
  }
  return tokenizerFromFiles(texts, options.lowercase === undefined ? {} : { lowercase: options.lowercase });
}

function absent({ address }: ModelFiles, file: string, remedy?: string): ClinicalBertError {
  return new ClinicalBertError("FILE_NOT_FOUND", `There is no ${file} at ${address}.`, {
    details: { path: `${address}${file}` },
    ...(remedy === undefined ? {} : { remedy }),
  });
}
