/** @file The files of a data set: listed in a stable order, decoded strictly, paired by name. */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { ClinicalBertError } from "../../errors.js";
import { createDecoder, type TextEncoding } from "../../notes/text-encoding.js";
import { fileError } from "../../util/file-error.js";

export interface SourceFile {
  readonly path: string;
  /** The path below the folder that was named, without the format's ending; for a single file its own name. */
  readonly id: string;
}

/** `source` itself where it is a file, else every file below it whose name ends in one of `endings`, in the order of their paths. */
export async function listSourceFiles(source: string, ...endings: readonly string[]): Promise<SourceFile[]> {
  const found: SourceFile[] = [];
  const visit = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      // Hidden files and folders are no data: macOS puts `._name` beside each file of an archive, Jupyter old copies in a folder.
      if (entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await visit(path);
      else if (endingOf(entry.name, endings) !== "")
        found.push({ path, id: withoutEnding(relative(source, path).split(sep).join("/"), endings) });
    }
  };
  try {
    if (!(await stat(source)).isDirectory())
      return [{ path: source, id: withoutEnding(basename(source), endings) }];
    await visit(source);
  } catch (error) {
    throw fileError(error, source);
  }
  if (found.length === 0) {
    const ending = endings.join(" or ");
    throw new ClinicalBertError("EXAMPLES_FORMAT", `${source} holds no file that ends in ${ending}.`, {
      details: { path: source, ending },
    });
  }
  return found;
}

/** Whether there is a file for `listSourceFiles`. Throws `FILE_NOT_FOUND`, `FILE_ACCESS`. */
export async function hasSourceFiles(source: string, ending: string): Promise<boolean> {
  try {
    await listSourceFiles(source, ending);
    return true;
  } catch (error) {
    if (error instanceof ClinicalBertError && error.code === "EXAMPLES_FORMAT") return false;
    throw error;
  }
}

function endingOf(name: string, endings: readonly string[]): string {
  const lower = name.toLowerCase();
  return endings.find((ending) => lower.endsWith(ending)) ?? "";
}

function withoutEnding(name: string, endings: readonly string[]): string {
  return name.slice(0, name.length - endingOf(name, endings).length);
}

/** True when `path` is a folder. Throws `FILE_NOT_FOUND`, `FILE_ACCESS`. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw fileError(error, path);
  }
}

export interface DecodedFile {
  /** Without its byte order mark. */
  readonly text: string;
  readonly hadMark: boolean;
}

/** The text of a file. Throws `EXAMPLES_MALFORMED` for bytes that are not valid in `encoding`. */
export async function readSourceText(path: string, encoding?: TextEncoding): Promise<DecodedFile> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw fileError(error, path);
  }
  const text = createDecoder(encoding)(bytes);
  if (text === null)
    throw new ClinicalBertError("EXAMPLES_MALFORMED", `${path} is not valid UTF-8.`, {
      remedy: "Name its encoding (latin1, windows-1252), or convert it.",
      details: { path },
    });
  const hadMark = text.charCodeAt(0) === 0xfeff;
  return { text: hadMark ? text.slice(1) : text, hadMark };
}

/**
 * The file of the same name with another ending: beside `path` (also for data sets that keep `txt/` and `concept/` apart:
 * in the nearest folder of `candidates`). `null` where there is none.
 */
export function findPartner(file: SourceFile, candidates: readonly SourceFile[]): SourceFile | null {
  const name = basename(file.id);
  let best: SourceFile | null = null;
  let shared = -1;
  for (const candidate of candidates) {
    if (basename(candidate.id) !== name) continue;
    const length = sharedFolders(file.path, candidate.path);
    if (length > shared) [best, shared] = [candidate, length];
  }
  return best;
}

function sharedFolders(left: string, right: string): number {
  const a = left.split(sep);
  const b = right.split(sep);
  let count = 0;
  while (count < a.length - 1 && a[count] === b[count]) count += 1;
  return count;
}

/** Lines without their ends, which may be LF, CRLF or CR, also mixed; a last empty line is none. */
export function splitSourceLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** `EXAMPLES_MALFORMED` at a line (from 1). `reason` is a clause without text of the file. */
export function malformed(path: string, line: number, reason: string): ClinicalBertError {
  return new ClinicalBertError("EXAMPLES_MALFORMED", `${path}:${line}: ${reason}.`, {
    details: { path, line },
  });
}
