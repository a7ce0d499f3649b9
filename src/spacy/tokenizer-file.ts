/** @file Reads the file `tokenizer` of a pipeline: five patterns and the exceptions. */
import { compileAffixPatterns } from "./affix-patterns.js";
import { asList, asMap, asText, corruptFile, decodeMsgpack, type Packed } from "./msgpack.js";
import type { ExceptionPiece, TokenizerRules } from "./tokenizer.js";

const FILE = "tokenizer";
/** Keys of an exception's attributes, as numbers of spacy/attrs.pyx or by name. */
const ORTH = ["65", "ORTH"];
const NORM = ["67", "NORM"];
/** What spaCy 2.0 also keeps in exceptions; sentences do not depend on it. */
const IGNORED = ["73", "LEMMA", "74", "POS", "75", "TAG"];

export function readTokenizerFile(bytes: Uint8Array, version: 2 | 3): TokenizerRules {
  const root = asMap(decodeMsgpack(bytes, FILE), FILE, "the file");
  const patterns = compileAffixPatterns(
    {
      prefix: patternOf(root["prefix_search"]),
      suffix: patternOf(root["suffix_search"]),
      infix: patternOf(root["infix_finditer"]),
      tokenMatch: patternOf(root["token_match"]),
      urlMatch: patternOf(root["url_match"]),
    },
    version === 3 ? "re" : "regex",
  );
  const exceptions = new Map<string, ExceptionPiece[]>();
  const rules = root["exceptions"] === undefined || root["exceptions"] === null ? {} : root["exceptions"];
  for (const [text, pieces] of Object.entries(asMap(rules, FILE, "exceptions")))
    exceptions.set(text, readPieces(text, asList(pieces, FILE, "an exception")));
  return { patterns, exceptions, version, fasterHeuristics: root["faster_heuristics"] !== false };
}

function patternOf(value: Packed | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function readPieces(text: string, packed: readonly Packed[]): ExceptionPiece[] {
  const pieces = packed.map((entry): ExceptionPiece => {
    const attributes = asMap(entry, FILE, "a piece of an exception");
    const pick = (keys: readonly string[]): Packed | undefined =>
      keys.map((key) => attributes[key]).find((value) => value !== undefined);
    const unknown = Object.keys(attributes).find((key) => ![...ORTH, ...NORM, ...IGNORED].includes(key));
    if (unknown !== undefined) throw corruptFile(FILE, `an exception has the attribute ${unknown}`);
    const norm = pick(NORM);
    return {
      text: asText(pick(ORTH), FILE, "the text of an exception"),
      norm: norm === undefined || norm === "" ? null : asText(norm, FILE, "the norm of an exception"),
    };
  });
  if (pieces.map((piece) => piece.text).join("") !== text)
    throw corruptFile(FILE, "the pieces of an exception do not make up its text");
  return pieces;
}
