/** @file Notes of a folder of .txt files: one file a note, its path below the folder without `.txt` the id. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileError } from "../util/file-error.js";
import type { NoteReader, SourceNote } from "./note-source.js";
import { createDecoder } from "./text-encoding.js";

/** Every .txt file below `folder`, in the order of their paths, so that every machine reads them alike. */
export async function listTextFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (path: string): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.isDirectory()) await visit(join(path, entry.name));
      else if (/\.txt$/i.test(entry.name)) found.push(join(path, entry.name));
    }
  };
  try {
    await visit(folder);
  } catch (error) {
    throw fileError(error, folder);
  }
  return found;
}

/** `files` are the notes; their ids are the paths relative to `folder`, with `/`. */
export async function* readTextNotes(
  files: readonly string[],
  folder: string,
  { options, refuse }: NoteReader,
): AsyncGenerator<SourceNote[]> {
  const decode = createDecoder(options.encoding);
  for (const [index, file] of files.entries()) {
    let bytes: Buffer;
    try {
      bytes = await readFile(file);
    } catch (error) {
      throw fileError(error, file);
    }
    const id = relative(folder, file)
      .split(sep)
      .join("/")
      .replace(/\.txt$/i, "");
    const text = decode(bytes)?.replace(/^\ufeff/, "");
    if (text === undefined) refuse(index + 1, 0, bytes.length, "encoding");
    else if (text.trim() === "") refuse(index + 1, 0, bytes.length, "fields");
    else yield [{ note: { id, text }, isError: false, record: index + 1, offset: 0 }];
  }
}
