/** @file The list of word pieces: ids are line numbers from 0. */
import { ClinicalBertError } from "../errors.js";
import { stripSpaces } from "./python-space.js";

export interface Vocabulary {
  /** tokens[id]. */
  readonly tokens: readonly string[];
  readonly idOf: ReadonlyMap<string, number>;
}

/** Tokens that a BERT vocabulary must have for its work to be defined. */
export const REQUIRED_TOKENS = ["[UNK]", "[CLS]", "[SEP]", "[MASK]"] as const;
export const PAD_TOKEN = "[PAD]";

/**
 * Reads the contents of a `vocab.txt`: one token a line, LF or CRLF.
 * @throws `VOCABULARY_INVALID` for an empty or repeated line or a text with U+FFFD (a wrong encoding), with its line number.
 */
export function loadVocabulary(text: string): Vocabulary {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return createVocabulary(lines.map(stripSpaces)); // tokenization.py:133 strips each line
}

/** Reads the bytes of a `vocab.txt`. @throws `VOCABULARY_INVALID` for bytes that are not UTF-8, and as `loadVocabulary` does */
export function decodeVocabulary(bytes: Uint8Array): Vocabulary {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid("The vocabulary is not UTF-8.", 0);
  }
  return loadVocabulary(text);
}

/** A vocabulary of these tokens in this order. */
export function createVocabulary(tokens: readonly string[]): Vocabulary {
  const idOf = new Map<string, number>();
  for (let id = 0; id < tokens.length; id++) {
    const token = tokens[id]!;
    const line = id + 1;
    if (token.includes("\ufffd"))
      throw invalid(
        `Line ${line} of the vocabulary is not UTF-8 (it has U+FFFD, the mark of a failed decoding).`,
        line,
      );
    if (token.includes("\0"))
      throw invalid(`Line ${line} of the vocabulary holds a NUL: the file is UTF-16, or no text.`, line);
    if (token === "") throw invalid(`Line ${line} of the vocabulary is empty.`, line);
    const earlier = idOf.get(token);
    if (earlier !== undefined)
      throw invalid(`Line ${line} of the vocabulary repeats the token of line ${earlier + 1}.`, line);
    idOf.set(token, id);
  }
  if (tokens.length === 0) throw invalid("The vocabulary has no tokens.", 0);
  return { tokens, idOf };
}

/** The id of a token that must be there. */
export function requireToken(vocabulary: Vocabulary, token: string): number {
  const id = vocabulary.idOf.get(token);
  if (id === undefined)
    throw new ClinicalBertError("VOCABULARY_INVALID", `The vocabulary has no token ${token}.`, {
      details: { token, size: vocabulary.tokens.length },
    });
  return id;
}

/** The contents of a `vocab.txt`. */
export function formatVocabulary(vocabulary: Vocabulary): string {
  return `${vocabulary.tokens.join("\n")}\n`;
}

function invalid(message: string, line: number): ClinicalBertError {
  return new ClinicalBertError("VOCABULARY_INVALID", message, { details: { line } });
}
