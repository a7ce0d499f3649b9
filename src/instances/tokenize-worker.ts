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
    const ids = made.ids.slice();
    // A view would be sent with all of the memory that it lies in.
    const [lengths, blanks] = [made.lengths.slice(), made.blanks.slice()];
    return new Transferred({ ...made, ids, lengths, blanks }, [ids.buffer as ArrayBuffer]);
  };
});
