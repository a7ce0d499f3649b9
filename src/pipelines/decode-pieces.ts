/** @file Word pieces back to text, as the WordPiece decoder of `tokenizers` does; not a way back to the note (use spans for that). */
import { CONTINUATION_PREFIX } from "../tokens/piece-trie.js";
import type { WordPieceTokenizer } from "../tokens/index.js";

export interface DecodeOptions {
  /** Leaves out the special tokens, also added ones. */
  readonly skipSpecial: boolean;
  /** Takes away the spaces before shortened words too (`clean_up_tokenization_spaces`). */
  readonly cleanUp: boolean;
}

/** Ids outside the vocabulary leave nothing, as in the crate (`decode`, tokenizer/mod.rs). */
export function decodePieces(
  tokenizer: WordPieceTokenizer,
  ids: readonly number[],
  { skipSpecial, cleanUp }: DecodeOptions,
): string {
  const special = new Set(tokenizer.addedTokens.filter((token) => token.special).map(({ id }) => id));
  const { tokens } = tokenizer.vocabulary;
  const kept = ids.filter((id) => tokens[id] !== undefined && !(skipSpecial && special.has(id)));
  const text = joinPieces(kept.map((id) => tokens[id]!));
  return cleanUp ? cleanUpSpaces(text) : text;
}

/** The pieces as text (decoders/wordpiece.rs): each is cleaned up with the space before it alone, and the first keeps its ##. */
export function joinPieces(tokens: readonly string[]): string {
  const { length } = CONTINUATION_PREFIX;
  const parts = tokens.map((token, index) => {
    const spaced = token.startsWith(CONTINUATION_PREFIX) ? token.slice(length) : ` ${token}`;
    return cleanUpSpaces(index === 0 ? token : spaced);
  });
  return parts.join("");
}

/** transformers: `clean_up_tokenization`; the decoder of the crate does the same with each piece. */
function cleanUpSpaces(text: string): string {
  return text
    .replace(/ ([.?!,])/g, "$1")
    .replace(/ ' /g, "'")
    .replace(/ (n't|'m|'s|'ve|'re)/g, "$1");
}
