/** @file Weights spread over several files, named by an index (`model.safetensors.index.json`, `pytorch_model.bin.index.json`). */
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileError } from "../util/file-error.js";
import { damaged, quoteName, unknownTensor, type Weights } from "./weights.js";

/** Opens every shard that the index at `path` names; shards lie beside it. `open` opens one weights file. */
export async function openSharded(path: string, open: (path: string) => Promise<Weights>): Promise<Weights> {
  const shardOf = parseIndex(
    path,
    await readFile(path, "utf8").catch((error) => Promise.reject(fileError(error, path))),
  );
  const shards = new Map<string, Weights>();
  const close = async (): Promise<void> => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    for (const file of new Set(shardOf.values())) shards.set(file, await open(join(dirname(path), file)));
    const tensors = [...shards].flatMap(([file, shard]) =>
      shard.tensors.filter(({ name }) => shardOf.get(name) === file),
    );
    const present = new Set(tensors.map(({ name }) => name));
    for (const [name, file] of shardOf)
      if (!present.has(name))
        throw damaged(path, `the shard ${quoteName(file)} does not have it`, { tensor: name });
    const first = shards.values().next().value;
    if (first === undefined) throw damaged(path, "the index names no shard");
    return {
      path,
      format: first.format,
      metadata: first.metadata,
      tensors,
      async read(name) {
        const file = shardOf.get(name);
        if (file === undefined) throw unknownTensor(path, name);
        return shards.get(file)!.read(name);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The file of each tensor; a file must be a plain name, so that an index cannot point outside its folder. */
function parseIndex(path: string, text: string): Map<string, string> {
  let map: unknown;
  try {
    map = (JSON.parse(text) as { weight_map?: unknown } | null)?.weight_map;
  } catch {
    throw damaged(path, "the index is not JSON");
  }
  if (typeof map !== "object" || map === null || Array.isArray(map))
    throw damaged(path, "the index has no weight_map");
  return new Map(
    Object.entries(map).map(([name, file]) => {
      if (typeof file !== "string" || file !== basename(file) || /^\.*$|[\\:\0]/.test(file))
        throw damaged(path, `its shard ${quoteName(String(file))} is no plain file name`, { tensor: name });
      return [name, file];
    }),
  );
}
