/** @file The two published readings of "BERT tokenization", and every point in which they differ, by name. */
import { GOOGLE_UNICODE } from "./google-unicode.generated.js";
import { HUGGINGFACE_UNICODE } from "./huggingface-unicode.generated.js";
import type { EncodedUnicodeTables } from "./unicode-tables.js";

/**
 * `google`: google-research/bert tokenization.py at eedf571, under Python 3.11. `huggingface`: the Rust crate
 * `tokenizers` 0.23 as transformers 5 uses it.
 */
export type Dialect = "google" | "huggingface";

export const DIALECTS: readonly Dialect[] = ["google", "huggingface"];

export interface DialectRules {
  /** Which characters are controls, spaces, punctuation; lower case; decompositions. */
  readonly unicode: EncodedUnicodeTables;
  /** Words of more code points than this become `[UNK]` (tokenization.py:311 since 332a687: 200; the crate: 100). */
  readonly maxWordLength: number;
  /** True: `[MASK]` and the like in raw text are the special token. False: they are punctuation and letters. */
  readonly protectsSpecialTokens: boolean;
  /** True: lower case before accents are stripped (tokenization.py:199–201). False: after (normalizers/bert.rs). */
  readonly lowercasesFirst: boolean;
  /** True: a final capital sigma becomes ς, as `str.lower` has it. False: always σ, as `char::to_lowercase` has it. */
  readonly finalSigma: boolean;
}

export const DIALECT_RULES: Readonly<Record<Dialect, DialectRules>> = {
  google: {
    unicode: GOOGLE_UNICODE,
    maxWordLength: 200,
    protectsSpecialTokens: false,
    lowercasesFirst: true,
    finalSigma: true,
  },
  huggingface: {
    unicode: HUGGINGFACE_UNICODE,
    maxWordLength: 100,
    protectsSpecialTokens: true,
    lowercasesFirst: false,
    finalSigma: false,
  },
};
