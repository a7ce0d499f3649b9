/** @file Word pieces back to text, as the WordPiece decoder of `tokenizers` does; not a way back to the note (use spans for that). */
import type { WordPieceTokenizer } from "../tokens/index.js";

export interface DecodeOptions {
  readonly skipSpecial: boolean;
  /** Takes away the spaces before punctuation and shortened words. */
  readonly cleanUp: boolean;
}

export function decodePieces(
  tokenizer: WordPieceTokenizer,
  ids: readonly number[],
  { skipSpecial, cleanUp }: DecodeOptions,
): string {
  const special = new Set<string>(Object.values(tokenizer.specialTokens));
  const tokens = tokenizer.tokensOf(ids).filter((token) => !skipSpecial || !special.has(token));
  return joinPieces(tokens, cleanUp);
}

/** The pieces as text; the first keeps its ##, as in the decoder of tokenizers. */
export function joinPieces(tokens: readonly string[], cleanUp = true): string {
  let text = tokens[0] ?? "";
  for (const token of tokens.slice(1)) text += token.startsWith("##") ? token.slice(2) : ` ${token}`;
  return cleanUp ? cleanUpSpaces(text) : text;
}

/** transformers: `clean_up_tokenization`. */
function cleanUpSpaces(text: string): string {
  return text
    .replace(/ ([.?!,])/g, "$1")
    .replace(/ ' /g, "'")
    .replace(/ (n't|'m|'s|'ve|'re)/g, "$1");
}
