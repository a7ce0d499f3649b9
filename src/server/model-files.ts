/** @file The files from which a browser runs a served model: configuration, tokenizer, how it reads notes, and its weights as safetensors. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { canonicalTensors, type OpenModel, openWeights, planSafetensors } from "../checkpoint/index.js";
import { MODEL_SHAPE_FILE } from "../checkpoint/reading-files.js";

export interface ModelFile {
  readonly bytes: number;
  /** Changes when the content does. */
  readonly etag: string;
  open(): Readable;
}

export const WEIGHTS_FILE = "model.safetensors";

/** What a browser reads beside configuration and weights, where it is there. */
const SMALL_FILES = [
  "vocab.txt",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  MODEL_SHAPE_FILE,
];

/**
 * By name. Weights of another format than one safetensors file are rewritten while they are sent, one tensor at a time: parameters
 * under their canonical names, numbers as they are.
 */
export async function openModelFiles(
  { folder, configJson, weights, names }: OpenModel,
  path: string,
  sha256: string,
  weightBytes: number,
): Promise<Map<string, ModelFile>> {
  const files = new Map<string, ModelFile>();
  // Google's is called bert_config.json; browsers look for one name.
  files.set("config.json", fromMemory(Buffer.from(JSON.stringify(configJson))));
  for (const name of SMALL_FILES) {
    const content = await readFile(join(folder, name)).catch(() => null);
    if (content !== null) files.set(name, fromMemory(content));
  }
  const isSent = weights.format === "safetensors" && path.endsWith(".safetensors");
  files.set(
    WEIGHTS_FILE,
    isSent
      ? { bytes: weightBytes, etag: sha256, open: () => createReadStream(path) }
      : {
          bytes: planSafetensors(canonicalTensors(weights, names.parameters)).bytes,
          etag: `${sha256}-safetensors`,
          open: () => Readable.from(rewritten(path, names), { objectMode: false }),
        },
  );
  return files;
}

async function* rewritten(path: string, { parameters }: OpenModel["names"]): AsyncGenerator<Uint8Array> {
  const weights = await openWeights(path);
  try {
    yield* planSafetensors(canonicalTensors(weights, parameters)).chunks();
  } finally {
    await weights.close();
  }
}

/** Small files stay in memory: what is sent is what its hash was taken of. */
function fromMemory(content: Buffer): ModelFile {
  return {
    bytes: content.length,
    etag: createHash("sha256").update(content).digest("hex"),
    open: () => Readable.from([content], { objectMode: false }),
  };
}

/** One hash for all of them, by which browsers keep them. */
export function revisionOf(files: ReadonlyMap<string, ModelFile>): string {
  const hash = createHash("sha256");
  for (const [name, { etag }] of files) hash.update(`${name} ${etag}\n`);
  return hash.digest("hex");
}
