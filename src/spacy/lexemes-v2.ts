/** @file The vocabulary of a spaCy 2.0 pipeline: attributes that `vocab/lexemes.bin` stores, and norms that exceptions overwrite. */
import { corruptFile } from "./msgpack.js";
import { createStringIds } from "./string-ids.js";
import { BASE_NORMS, ENGLISH_NORMS, SYMBOL_RUNS } from "./tables/spacy-v2.generated.js";
import type { TokenizerRules } from "./tokenizer.js";
import { type AttributeValues, attributeValue, type NormOf } from "./word-types.js";

export const stringIdsV2 = createStringIds(SYMBOL_RUNS);

const BASE = new Map(Object.entries(BASE_NORMS));
const ENGLISH = new Map(Object.entries(ENGLISH_NORMS));

/** Bytes of one record, and where its 64-bit fields lie (spacy/structs.pxd, lexeme.pxd:27-40). */
const RECORD = 96;
const ORTH = 32;
const STORED = { LOWER: 40, NORM: 48, SHAPE: 56, PREFIX: 64, SUFFIX: 72 } as const;

export interface VocabularyV2 {
  readonly normOf: NormOf;
  readonly values: AttributeValues;
}

/**
 * Words with a record have its attributes, others those computed from their text. Every tokenizer exception that names a norm
 * overwrites the norm of its pieces wherever they occur: after loading, each "a" has the norm "gonna" (vocab.pyx:228-243).
 */
export function readVocabularyV2(
  lexemes: Uint8Array,
  strings: readonly string[],
  rules: TokenizerRules,
): VocabularyV2 {
  if (lexemes.length % RECORD !== 0) throw corruptFile("vocab/lexemes.bin", "it is cut short");
  const view = new DataView(lexemes.buffer, lexemes.byteOffset, lexemes.length);
  // spaCy skips records whose word it cannot name again: symbols and words that are not in strings.json.
  const known = new Set(strings.map(stringIdsV2));
  const records = new Map<bigint, number>();
  for (let at = 0; at < lexemes.length; at += RECORD) {
    const orth = view.getBigUint64(at + ORTH, true);
    if (known.has(orth)) records.set(orth, at);
  }
  const overwritten = new Map<string, string>();
  for (const pieces of rules.exceptions.values())
    for (const { text, norm } of pieces) if (norm !== null) overwritten.set(text, norm);
  const normOf: NormOf = (text) =>
    overwritten.get(text) ?? BASE.get(text) ?? ENGLISH.get(text) ?? text.toLowerCase();
  return {
    normOf,
    values(form, space, attribute) {
      const field = STORED[attribute as keyof typeof STORED] as number | undefined;
      const fresh = field === undefined || (attribute === "NORM" && overwritten.has(form.text));
      const record = fresh ? undefined : records.get(stringIdsV2(form.text));
      if (record !== undefined) return view.getBigUint64(record + field!, true);
      return attributeValue(form, space, attribute, stringIdsV2);
    },
  };
}
