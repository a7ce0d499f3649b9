/** @file The words of one text in flat arrays: the tokenizer's output and the parser's input. */
import type { WordType } from "./word-types.js";

/** Words in order. `starts` and `lengths` are UTF-16 units of the text; `spaces` is 1 where one space follows the word. */
export interface Words {
  count: number;
  types: Int32Array;
  starts: Int32Array;
  lengths: Int32Array;
  spaces: Uint8Array;
  /** The first word came from an exception over several words: spaCy 3 then forgets that it begins a sentence. */
  firstReplaced: boolean;
}

const FIRST_CAPACITY = 64;

export function createWords(capacity = FIRST_CAPACITY): Words {
  return {
    count: 0,
    types: new Int32Array(capacity),
    starts: new Int32Array(capacity),
    lengths: new Int32Array(capacity),
    spaces: new Uint8Array(capacity),
    firstReplaced: false,
  };
}

/** Appends a word; it is not followed by a space until someone says so. */
export function pushWord(words: Words, type: WordType, start: number, length: number): void {
  const index = words.count++;
  if (index === words.types.length) grow(words);
  words.types[index] = type;
  words.starts[index] = start;
  words.lengths[index] = length;
  words.spaces[index] = 0;
}

function grow(words: Words): void {
  const larger = createWords(words.types.length * 2);
  larger.types.set(words.types);
  larger.starts.set(words.starts);
  larger.lengths.set(words.lengths);
  larger.spaces.set(words.spaces);
  words.types = larger.types;
  words.starts = larger.starts;
  words.lengths = larger.lengths;
  words.spaces = larger.spaces;
}

/** The end of word `index`, without the space after it. */
export function wordEnd(words: Words, index: number): number {
  return words.starts[index]! + words.lengths[index]!;
}
