/** @file Merging words of a parsed text into one, as spaCy's retokenizer does, with what it does to the tree and the sentences. */

import { setEdgesAndSentences } from "./parse-tree.js";
import type { ParsedText } from "./pipeline.js";
import { isPunctuationText, isSpaceText } from "./python-text.js";
import { wordEnd } from "./words.js";

/** A parsed text that can be edited. Offsets are UTF-16 units of `text`; all lists have one entry a word. */
export interface EditableText {
  readonly text: string;
  starts: number[];
  ends: number[];
  /** Absolute; a root is its own head. `null` without a parser. */
  heads: number[] | null;
  /** Whether a word has a label. */
  labelled: boolean[];
  sentenceStarts: number[];
}

export function toEditable(parse: ParsedText): EditableText {
  const { words, tree } = parse;
  const indices = Array.from({ length: words.count }, (_, index) => index);
  return {
    text: parse.text,
    starts: indices.map((index) => words.starts[index]!),
    ends: indices.map((index) => wordEnd(words, index)),
    heads: tree === null ? null : Array.from(tree.heads),
    labelled: indices.map((index) => tree !== null && tree.labels[index] !== -1),
    sentenceStarts: Array.from(parse.sentenceStarts),
  };
}

/** The words from the one that starts at `start` to the one that ends at `end`; `null` where no words do. */
export function wordsBetween(
  edit: EditableText,
  start: number,
  end: number,
): [first: number, last: number] | null {
  const first = binarySearch(edit.starts, start);
  const last = binarySearch(edit.ends, end);
  return first === -1 || last === -1 || last < first ? null : [first, last];
}

function binarySearch(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else if (sorted[middle]! > value) high = middle - 1;
    else return middle;
  }
  return -1;
}

/**
 * Makes words `first` … `last` one. It keeps the first word's sentence start and takes the head of the span's root; then edges
 * are found anew. `spacy-3` sets sentence starts from roots alone, `spacy-2.0` adds those to what is there
 * (spacy/tokens/_retokenize.pyx, `_merge`, 3.7 and 2.0.18).
 */
export function mergeWords(
  edit: EditableText,
  first: number,
  last: number,
  layout: "spacy-3" | "spacy-2.0",
): void {
  const root = spanRoot(edit, first, last);
  const removed = last - first;
  const { heads } = edit;
  if (heads !== null) {
    heads[first] = heads[root]!;
    edit.labelled[first] = edit.labelled[root]!;
    const moved = (head: number): number => (head < first ? head : head <= last ? first : head - removed);
    heads.splice(first + 1, removed);
    for (const [index, head] of heads.entries()) heads[index] = moved(head);
  }
  edit.ends[first] = edit.ends[last]!;
  edit.starts.splice(first + 1, removed);
  edit.ends.splice(first + 1, removed);
  edit.labelled.splice(first + 1, removed);
  edit.sentenceStarts.splice(first + 1, removed);
  if (heads === null) return;
  if (layout === "spacy-3") {
    if (edit.labelled.includes(true)) startSentencesAtRoots(edit, heads);
  } else addSentencesAtRoots(edit, heads);
}

function startSentencesAtRoots(edit: EditableText, heads: readonly number[]): void {
  const tree = {
    count: heads.length,
    heads: Int32Array.from(heads),
    labels: new Int32Array(heads.length),
    leftEdges: new Int32Array(heads.length),
    rightEdges: new Int32Array(heads.length),
    sentenceStarts: new Int8Array(heads.length),
  };
  setEdgesAndSentences(tree);
  edit.sentenceStarts = Array.from(tree.sentenceStarts);
}

/** spaCy 2.0's `set_children_from_heads`: one pass of left edges from left to right. */
function addSentencesAtRoots(edit: EditableText, heads: readonly number[]): void {
  const leftEdges = heads.map((_, index) => index);
  for (const [index, head] of heads.entries())
    if (leftEdges[index]! < leftEdges[head]!) leftEdges[head] = leftEdges[index]!;
  for (const [index, head] of heads.entries())
    if (head === index && edit.labelled[index]) edit.sentenceStarts[leftEdges[index]!] = 1;
}

/** `Span.root`: the first sentence root in the span, else the word nearest to its root among those with a head outside. */
function spanRoot(edit: EditableText, first: number, last: number): number {
  const { heads } = edit;
  if (heads === null) return first;
  for (let index = first; index <= last; index++) if (heads[index] === index) return index;
  let nearest = heads.length;
  let root = -1;
  for (let index = first; index <= last; index++) {
    const head = heads[index]!;
    if (head >= first && head <= last) continue;
    const distance = distanceToRoot(edit, heads, index);
    if (distance < nearest) {
      nearest = distance;
      root = index;
    }
  }
  return root === -1 ? first : root;
}

/** Childless white space and punctuation count as far away (spacy/tokens/span.pyx, `_count_words_to_root`). */
function distanceToRoot(edit: EditableText, heads: readonly number[], word: number): number {
  const text = edit.text.slice(edit.starts[word], edit.ends[word]);
  const light = isSpaceText(text) || isPunctuationText(text);
  if (light && !heads.some((head, index) => head === word && index !== word)) return heads.length - 1;
  let distance = 0;
  for (let at = word; heads[at] !== at && distance < heads.length; at = heads[at]!) distance++;
  return distance;
}
