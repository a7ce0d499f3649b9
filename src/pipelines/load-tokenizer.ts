/** @file The tokenizer of a model folder, with the length that tokenizer and model both allow. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { readConfigJson } from "../checkpoint/index.js";
import { ClinicalBertError } from "../errors.js";
import type { CallDefaults, WordPieceTokenizer } from "../tokens/index.js";
import { openTokenizerDirectory } from "../tokens/tokenizer-directory.js";
import { maxLengthOf } from "./tokenizer-length.js";

export interface LoadedTokenizer {
  readonly tokenizer: WordPieceTokenizer;
  /** Longest sequence, special tokens included. */
  readonly maxLength: number;
  readonly notices: readonly string[];
  readonly calls: CallDefaults;
}

/**
 * Reads the tokenizer files of a folder; `lowercase` overrides what they say of the case. Throws `FILE_NOT_FOUND` for a
 * folder without a vocabulary.
 */
export async function loadTokenizer(folder: string, lowercase?: boolean): Promise<LoadedTokenizer> {
  if (!(await isThere(folder, "vocab.txt")) && !(await isThere(folder, "tokenizer.json")))
    throw new ClinicalBertError(
      "FILE_NOT_FOUND",
      `The folder ${folder} has no vocab.txt and no tokenizer.json.`,
      {
        details: { path: folder },
      },
    );
  const opened = await openTokenizerDirectory(folder, lowercase === undefined ? {} : { lowercase });
  const config = await readConfigJson(folder).catch(() => ({}) as Readonly<Record<string, unknown>>);
  return {
    tokenizer: opened.tokenizer,
    calls: opened.calls,
    maxLength: maxLengthOf(opened.maxLength, config),
    notices:
      opened.notice === null ? [] : [`${folder}: ${opened.notice} Python's AutoTokenizer would lower-case.`],
  };
}

async function isThere(folder: string, name: string): Promise<boolean> {
  return (await stat(join(folder, name)).catch(() => null)) !== null;
}
