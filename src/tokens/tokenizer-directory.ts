/** @file Reads and writes the tokenizer files of a model directory. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";
import {
  type OpenedTokenizer,
  type OpenTokenizerOptions,
  TOKENIZER_FILES,
  type TokenizerFileName,
  tokenizerFilesOf,
  tokenizerFromFiles,
} from "./tokenizer-files.js";
import type { WordPieceTokenizer } from "./wordpiece-tokenizer.js";

/** @throws as `tokenizerFromFiles`; `FILE_ACCESS` for a file that cannot be read */
export async function openTokenizerDirectory(
  directory: string,
  options: OpenTokenizerOptions = {},
): Promise<OpenedTokenizer> {
  const files: Partial<Record<TokenizerFileName, string>> = {};
  for (const name of TOKENIZER_FILES) {
    const path = join(directory, name);
    try {
      files[name] = await readFile(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw fileError(error, path);
    }
  }
  return tokenizerFromFiles(files, options);
}

export async function writeTokenizerDirectory(
  tokenizer: WordPieceTokenizer,
  directory: string,
  maxLength?: number,
): Promise<void> {
  for (const [name, text] of Object.entries(tokenizerFilesOf(tokenizer, maxLength)))
    await writeAtomic(join(directory, name), text);
}
