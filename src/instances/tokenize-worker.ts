/** @file The module that a tokenizing thread runs. */
import { createVocabulary } from "../tokens/vocabulary.js";
import { WordPieceTokenizer } from "../tokens/wordpiece-tokenizer.js";
import { serveTasks, Transferred } from "../util/worker-task.js";
import type { LineBlock } from "./corpus-blocks.js";
import type { TokenizeWorkerData } from "./tokenize-corpus.js";
import { BlockTokenizer, type TokenizedBlock } from "./tokenized-block.js";

serveTasks<LineBlock, TokenizedBlock, TokenizeWorkerData>(({ tokens, options }) => {
  const tokenizer = new BlockTokenizer(new WordPieceTokenizer(createVocabulary(tokens), options));
  return (block) => {
    const made = tokenizer.tokenize(block);
    return new Transferred(made, [made.ids.buffer as ArrayBuffer]);
  };
});
