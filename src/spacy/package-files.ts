/** @file Reads the files of a published pipeline: a folder, a `.tar.gz` (source distribution) or a `.whl`. */
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { Parser, type ReadEntry } from "tar";
import yauzl from "yauzl";
import { ClinicalBertError } from "../errors.js";
import { fileError } from "../util/file-error.js";

export interface PackageFiles {
  /** The folder or archive, for messages. */
  readonly origin: string;
  /** The bytes of a file of the pipeline, by its path with `/`; `null` when there is none. */
  read(path: string): Promise<Uint8Array | null>;
}

/** Components that never touch sentences; their weights are not worth the memory. */
const IGNORED = /(^|\/)(ner|tagger|lemmatizer|attribute_ruler|morphologizer|entity_linker)\//;

/** How deep below a folder its pipeline may lie (`package-1.0/package/package-1.0`). */
const DEEPEST = 4;

/** Opens a pipeline. `ClinicalBertError` FILE_NOT_FOUND, FILE_ACCESS, SPACY_NOT_A_PIPELINE, SPACY_CORRUPT. */
export async function openPackage(path: string): Promise<PackageFiles> {
  const kind = await stat(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
  if (kind.isDirectory()) return openFolder(path);
  if (/\.(tar\.gz|tgz|tar)$/i.test(path)) return openEntries(path, await readTar(path));
  if (/\.(whl|zip)$/i.test(path)) return openEntries(path, await readZip(path));
  throw notAPipeline(path, "it is neither a folder nor a .tar.gz, .tgz, .whl or .zip");
}

function notAPipeline(path: string, reason: string): ClinicalBertError {
  return new ClinicalBertError("SPACY_NOT_A_PIPELINE", `${path} is not a spaCy pipeline: ${reason}.`, {
    details: { path },
  });
}

async function openFolder(path: string): Promise<PackageFiles> {
  const names = await listFolder(path, path, DEEPEST);
  const root = join(path, findRoot(path, names));
  return {
    origin: path,
    read: (name) =>
      readFile(join(root, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
        throw fileError(error, join(root, name));
      }),
  };
}

async function listFolder(root: string, folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError(error, folder);
  });
  const names: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (depth > 0) names.push(...(await listFolder(root, path, depth - 1)));
    } else names.push(relative(root, path).split(sep).join("/"));
  }
  return names;
}

/** The one folder with both `meta.json` and `tokenizer`; the shallowest of several. */
function findRoot(path: string, names: readonly string[]): string {
  const all = new Set(names);
  const roots = names
    .filter((name) => /(^|\/)tokenizer$/.test(name))
    .map((name) => name.slice(0, -"tokenizer".length))
    .filter((folder) => all.has(`${folder}meta.json`))
    .sort((a, b) => a.length - b.length);
  if (roots.length === 0) throw notAPipeline(path, "it holds no folder with meta.json and tokenizer");
  return roots[0]!;
}

function openEntries(path: string, entries: ReadonlyMap<string, Uint8Array>): PackageFiles {
  const root = findRoot(path, [...entries.keys()]);
  return { origin: path, read: async (name) => entries.get(`${root}${name}`) ?? null };
}

function corrupt(path: string): ClinicalBertError {
  return new ClinicalBertError("SPACY_CORRUPT", `${path} is cut short or no archive of its kind.`, {
    details: { path },
  });
}

async function readTar(path: string): Promise<Map<string, Uint8Array>> {
  const entries = new Map<string, Uint8Array>();
  await new Promise<void>((resolve, reject) => {
    const fail = (): void => reject(corrupt(path));
    const parser = new Parser({
      strict: true,
      filter: (name) => !IGNORED.test(name),
      onReadEntry(entry: ReadEntry) {
        const chunks: Buffer[] = [];
        entry.on("data", (chunk: Buffer) => chunks.push(chunk));
        entry.on("end", () => {
          if (entry.type === "File") entries.set(entry.path.replace(/^\.\//, ""), Buffer.concat(chunks));
        });
      },
    });
    parser.on("error", fail);
    parser.on("abort", fail);
    parser.on("end", () => resolve());
    const stream = createReadStream(path);
    stream.on("error", (error) => reject(fileError(error, path)));
    stream.on("data", (chunk) => parser.write(chunk as Buffer));
    stream.on("end", () => parser.end());
  });
  return entries;
}

async function readZip(path: string): Promise<Map<string, Uint8Array>> {
  const entries = new Map<string, Uint8Array>();
  const zip = await yauzl.openPromise(path).catch(() => {
    throw corrupt(path);
  });
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith("/") || IGNORED.test(entry.fileName)) continue;
      const chunks: Buffer[] = [];
      for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
      entries.set(entry.fileName, Buffer.concat(chunks));
    }
  } catch {
    throw corrupt(path);
  } finally {
    zip.close();
  }
  return entries;
}
