/** @file Finds the files of a model, whatever a user names it by: a folder, a file, a TensorFlow prefix, a .tar.gz, a hub id. */
import { open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ClinicalBertError } from "../errors.js";
import { unpackArchive } from "./archive.js";
import { fetchModel, hubIdOf } from "./hub/fetch-model.js";
import type { HubOptions } from "./hub/settings.js";
import { weightsInFolder } from "./open-weights.js";

export interface ResolvedModel {
  /** Folder of configuration and tokenizer. */
  readonly folder: string;
  /** What `openWeights` takes; `null` when only the side files were asked for. */
  readonly weights: string | null;
  /** The path, or the id with the commit that was loaded. */
  readonly name: string;
  readonly notices: readonly string[];
}

/** The two models whose cards are mixed up: the title of one, the snippet of the other. */
const CONFUSED = ["emilyalsentzer/Bio_ClinicalBERT", "emilyalsentzer/Bio_Discharge_Summary_BERT"];

/**
 * Paths that exist come before hub ids, and so does `folder/name` where the folder exists. `withWeights` false leaves the weights where they are (for tokenizers).
 * Throws `FILE_NOT_FOUND` for what is neither, and the errors of archives and the hub.
 */
export async function resolveModel(
  source: string,
  options: HubOptions = {},
  withWeights = true,
): Promise<ResolvedModel> {
  const info = await stat(source).catch(() => null);
  if (info?.isDirectory() === true) return inFolder(source, source, withWeights);
  if (info !== null) {
    if (await isGzip(source))
      return inFolder(await unpackArchive(source, options.signal), source, withWeights);
    return { folder: dirname(source), weights: source, name: source, notices: [] };
  }
  if ((await stat(`${source}.index`).catch(() => null)) !== null)
    return { folder: dirname(source), weights: source, name: source, notices: [] };
  const id = hubIdOf(source);
  if (id === null || (await isBesideSomething(source)))
    throw new ClinicalBertError(
      "FILE_NOT_FOUND",
      `${source} is no file and no folder. A model on the hub is owner/name, or hub: before an id that could be a path.`,
      { details: { path: source } },
    );
  const fetched = await fetchModel(id, options, withWeights);
  const notices = [...fetched.notices];
  if (CONFUSED.includes(id))
    notices.push(
      `Loaded ${id}. Its model card mixes up ${CONFUSED.join(" and ")}: they are different models, trained on all notes and on discharge summaries.`,
    );
  return { folder: fetched.folder, weights: fetched.weights, name: `${id}@${fetched.commit}`, notices };
}

/** `runs/model` without `model` in a folder `runs` is a mistyped path, not a question for the hub. */
async function isBesideSomething(source: string): Promise<boolean> {
  return source.includes("/") && (await stat(dirname(source)).catch(() => null)) !== null;
}

async function inFolder(folder: string, name: string, withWeights: boolean): Promise<ResolvedModel> {
  return { folder, weights: withWeights ? await weightsInFolder(folder) : null, name, notices: [] };
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}
