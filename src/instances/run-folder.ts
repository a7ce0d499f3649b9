/** @file The folder where a run keeps its spill files, so that the same run started again continues; removed on success. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { writeAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";

export interface RunFolder {
  readonly path: string;
  /** What a finished step left, or `null`. */
  load<T>(step: string): Promise<T | null>;
  /** Records a finished step; its files must be whole before. */
  save(step: string, result: unknown): Promise<void>;
  /** Bytes of everything in the folder. */
  size(): Promise<number>;
  remove(): Promise<void>;
}

/**
 * Opens `.NAME.work` beside the output (or in `temporary`). What another run with other inputs or settings left there is removed.
 * @param out `null` for standard output: a fresh folder each time
 * @param fingerprint everything that the spilled data depend on
 */
export async function openRunFolder(
  out: string | null,
  temporary: string | undefined,
  fingerprint: unknown,
): Promise<RunFolder> {
  const parent = temporary ?? (out === null ? tmpdir() : dirname(out));
  try {
    const path =
      out === null
        ? await mkdtemp(join(parent, "clinicalbert-instances-"))
        : join(parent, `.${basename(out)}.work`);
    const digest = createHash("sha256").update(JSON.stringify(fingerprint)).digest("hex");
    const mark = join(path, "run.sha256");
    const known = existsSync(mark) ? await readFile(mark, "utf8") : null;
    if (known !== digest) {
      await rm(path, { recursive: true, force: true });
      await mkdir(path, { mode: 0o700 });
      await writeAtomic(mark, digest);
    }
    return {
      path,
      async load<T>(step: string) {
        const file = join(path, `${step}.json`);
        return existsSync(file) ? (JSON.parse(await readFile(file, "utf8")) as T) : null;
      },
      save: (step, result) => writeAtomic(join(path, `${step}.json`), JSON.stringify(result)),
      async size() {
        let bytes = 0;
        for (const name of await readdir(path)) bytes += (await stat(join(path, name))).size;
        return bytes;
      },
      remove: () => rm(path, { recursive: true, force: true }),
    };
  } catch (error) {
    throw fileError(error, parent);
  }
}

/** Name, size and time of change of input files: what tells that they are the same as before. */
export async function describeFiles(paths: readonly string[]): Promise<(string | number)[][]> {
  const described: (string | number)[][] = [];
  for (const path of paths) {
    try {
      const { size, mtimeMs } = await stat(path);
      described.push([path, size, mtimeMs]);
    } catch (error) {
      throw fileError(error, path);
    }
  }
  return described;
}
