/** @file The model that a run starts from: configuration, tokenizer, and a vocabulary that is its own. */
import type { BertConfig } from "../../bert/config.js";
import { openModel } from "../../checkpoint/open-model.js";
import { ClinicalBertError } from "../../errors.js";
import { loadTokenizer } from "../../pipelines/load-tokenizer.js";
import type { WordPieceTokenizer } from "../../tokens/wordpiece-tokenizer.js";

export interface StartingModel {
  readonly config: BertConfig;
  readonly tokenizer: WordPieceTokenizer;
  /** Longest sequence that tokenizer and model both allow, special tokens included. */
  readonly maxLength: number;
  readonly notices: readonly string[];
}

/** Throws `FINETUNE_MODEL` for a vocabulary that is missing or too large for the embeddings, and what `openModel` throws. */
export async function openStart(source: string): Promise<StartingModel> {
  const model = await openModel(source);
  await model.close();
  const loaded = await loadTokenizer(model.folder).catch((error: unknown) => {
    if (!(error instanceof ClinicalBertError) || error.code !== "FILE_NOT_FOUND") throw error;
    throw new ClinicalBertError("FINETUNE_MODEL", `The model ${source} has no vocab.txt beside it.`, {
      details: { model: source },
    });
  });
  const size = loaded.tokenizer.vocabulary.tokens.length;
  if (size > model.config.vocabSize)
    throw new ClinicalBertError(
      "FINETUNE_MODEL",
      `The vocabulary of ${source} has ${size} tokens, its embeddings ${model.config.vocabSize}.`,
      { details: { model: source, tokens: size, embeddings: model.config.vocabSize } },
    );
  const notices = [...model.notices, ...loaded.notices];
  if (size < model.config.vocabSize)
    notices.push(`${source} has embeddings for ${model.config.vocabSize} tokens, the vocabulary ${size}.`);
  return {
    config: model.config,
    tokenizer: loaded.tokenizer,
    maxLength: Math.min(loaded.maxLength, model.config.maxPositions),
    notices,
  };
}
