/** @file Opens a published model for loading, whatever its files are. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ClinicalBertError } from "../errors.js";
import { assembleModel, type OpenModel, parseConfigJson } from "./assemble-model.js";
import type { HubOptions } from "./hub/settings.js";
import { openWeights } from "./open-weights.js";
import { resolveModel } from "./resolve-model.js";

/** Opens a folder, a weights file, a TensorFlow prefix, a .tar.gz or a hub id. Close it when the parameters are read. */
export async function openModel(source: string, options: HubOptions = {}): Promise<OpenModel> {
  const { folder, name, weights, notices } = await resolveModel(source, options);
  const configJson = await readConfigJson(folder);
  return assembleModel({
    name,
    folder,
    configPath: join(folder, "config.json"),
    configJson,
    weights: await openWeights(weights!),
    notices,
  });
}

/** `config.json`, or Google's `bert_config.json`. */
export async function readConfigJson(folder: string): Promise<Record<string, unknown>> {
  for (const file of ["config.json", "bert_config.json"]) {
    const text = await readFile(join(folder, file), "utf8").catch(() => null);
    if (text !== null) return parseConfigJson(text, join(folder, file));
  }
  throw new ClinicalBertError(
    "FILE_NOT_FOUND",
    `The folder ${folder} has no config.json and no bert_config.json.`,
    {
      details: { path: folder },
    },
  );
}
