/** @file Brings the files of a model on the hub into the cache: configuration, tokenizer and the best weights. */
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { ClinicalBertError } from "../../errors.js";
import { READING_FILES } from "../reading-files.js";
import { cachedCommit, cachedFile, knownAbsent, linkBlob, rememberAbsent, rememberCommit } from "./cache.js";
import { fetchBlob, lookUp } from "./download.js";
import { type HubOptions, type HubSettings, hubSettings } from "./settings.js";

/** Fetched when they are there. */
const SIDE_FILES = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.txt",
  ...READING_FILES,
] as const;
/** The first that is there is fetched. */
const WEIGHTS = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
  "flax_model.msgpack",
  "tf_model.h5",
] as const;

export interface FetchedModel {
  /** `snapshots/<commit>` in the cache. */
  readonly folder: string;
  /** `null` when only the side files were asked for. */
  readonly weights: string | null;
  readonly commit: string;
  readonly notices: readonly string[];
}

/** A mistyped path of a file must not become a question to the hub. */
const FILE_NAME = /\.(?:bin|pt|pth|safetensors|msgpack|index|ckpt|h5|onnx|json|txt|gz|tgz|tar|zip)$/;

/** Ids from before owners, which programs still use; the hub sends them on to `google-bert/…`. */
const OLD_IDS = ["bert-base-cased", "bert-base-uncased", "bert-large-cased", "bert-large-uncased"];
/** Says that what follows is an id, whatever it looks like. */
const PREFIX = "hub:";

/**
 * The id that `text` means, or `null`: `owner/name`, one of the four old names of BERT, or any id behind `hub:`. Another single word is
 * far more often a mistyped path, and a typing error must not become a question to a server.
 */
export function hubIdOf(text: string): string | null {
  const id = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
  const form = /^[A-Za-z0-9][\w.-]{0,95}(?:\/[A-Za-z0-9][\w.-]{0,95})?$/;
  if (!form.test(id) || /--|\.\./.test(id)) return null;
  if (text.startsWith(PREFIX)) return id;
  return FILE_NAME.test(id) || !(id.includes("/") || OLD_IDS.includes(id)) ? null : id;
}

/**
 * The files of model `id`, from the cache where they are whole, else over the network. A hub that cannot be reached is
 * no error while the cache has the revision; a notice says so.
 */
export async function fetchModel(
  id: string,
  options: HubOptions = {},
  withWeights = true,
): Promise<FetchedModel> {
  const settings = hubSettings(options);
  const notices: string[] = [];
  const files = await fileGetter(settings, id, notices);
  const config = (await files.get("config.json")) ?? (await files.get("bert_config.json"));
  for (const file of SIDE_FILES) await files.get(file);
  const weights = withWeights ? await fetchWeights(files) : null;
  const anything = config ?? weights;
  if (anything === null || (withWeights && weights === null))
    throw new ClinicalBertError(
      settings.offline ? "HUB_OFFLINE" : "HUB_NOT_FOUND",
      `${id} (${settings.revision}) has none of ${withWeights ? WEIGHTS.join(", ") : "config.json, bert_config.json"}${settings.offline ? " in the cache" : ""}.`,
      { details: { id, revision: settings.revision } },
    );
  const folder = dirname(anything);
  return { folder, weights, commit: basename(folder), notices };
}

interface FileGetter {
  /** Path in the cache; `null` when the model does not have the file. */
  get(file: string): Promise<string | null>;
}

async function fetchWeights(files: FileGetter): Promise<string | null> {
  for (const file of WEIGHTS) {
    const path = await files.get(file);
    if (path === null) continue;
    if (file.endsWith(".index.json")) for (const shard of await shardsOf(path)) await files.get(shard);
    return path;
  }
  return null;
}

/** Plain file names only: an index is not trusted with paths. `openSharded` refuses the others with an error. */
async function shardsOf(path: string): Promise<Set<string>> {
  const index = JSON.parse(await readFile(path, "utf8")) as { weight_map?: Record<string, unknown> };
  const names = Object.values(index.weight_map ?? {});
  return new Set(names.filter((name) => typeof name === "string" && /^\w[\w.-]*$/.test(name)) as string[]);
}

async function fileGetter(settings: HubSettings, id: string, notices: string[]): Promise<FileGetter> {
  const commit = await cachedCommit(settings, id);
  let offline = settings.offline;
  const fromCache = async (file: string): Promise<string | null> =>
    commit === null ? null : cachedFile(settings, id, commit, file);
  if (offline && commit === null)
    throw new ClinicalBertError(
      "HUB_OFFLINE",
      `${id} (${settings.revision}) is not in ${settings.cacheDir}, and HF_HUB_OFFLINE is set.`,
      { details: { id, revision: settings.revision } },
    );
  // A commit never changes: what the cache has of it needs no question to the hub.
  const pinned = commit !== null && commit === settings.revision;
  return {
    async get(file) {
      if (offline) return fromCache(file);
      if (pinned) {
        const path = await fromCache(file);
        if (path !== null || (await knownAbsent(settings, id, commit, file))) return path;
      }
      try {
        return await fetchFile(settings, id, file);
      } catch (error) {
        const unreachable = error instanceof ClinicalBertError && error.code === "HUB_UNAVAILABLE";
        if (!unreachable || commit === null || (await fromCache("config.json")) === null) throw error;
        offline = true;
        notices.push(`${error.message} Taken from the cache (commit ${commit}).`);
        return fromCache(file);
      }
    },
  };
}

async function fetchFile(settings: HubSettings, id: string, file: string): Promise<string | null> {
  const remote = await lookUp(settings, id, file);
  if (remote === null) {
    const commit = await cachedCommit(settings, id);
    if (commit !== null) await rememberAbsent(settings, id, commit, file);
    return null;
  }
  await rememberCommit(settings, id, remote.commit);
  const cached = await cachedFile(settings, id, remote.commit, file);
  if (cached !== null) return cached;
  const blob = await fetchBlob(settings, id, file, remote);
  return linkBlob(settings, id, remote.commit, file, blob);
}
