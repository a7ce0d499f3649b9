/** @file Heads and labels of a text as a tree: edges of subtrees, sentence starts, and undoing pseudo-projective labels. */

/** The dependency tree of one text, as spaCy keeps it. Labels are numbers of the parser's label list; -1 is none. */
export interface ParseTree {
  readonly count: number;
  /** Index of the head; a root is its own. */
  readonly heads: Int32Array;
  readonly labels: Int32Array;
  readonly leftEdges: Int32Array;
  readonly rightEdges: Int32Array;
  /** 1 begins a sentence, -1 does not, 0 unknown. */
  readonly sentenceStarts: Int8Array;
}

export function createParseTree(count: number): ParseTree {
  return {
    count,
    heads: new Int32Array(count),
    labels: new Int32Array(count).fill(-1),
    leftEdges: new Int32Array(count),
    rightEdges: new Int32Array(count),
    sentenceStarts: new Int8Array(count),
  };
}

/** Passes that spaCy makes at most over non-projective trees. */
const MOST_PASSES = 12;

/**
 * Edges from heads, and sentences from roots: a sentence starts at the left edge of every root and nowhere else
 * (spacy/tokens/doc.pyx 3.7, `set_children_from_heads`).
 */
export function setEdgesAndSentences(tree: ParseTree): void {
  const { count, heads, leftEdges, rightEdges, sentenceStarts } = tree;
  for (let index = 0; index < count; index++) {
    leftEdges[index] = index;
    rightEdges[index] = index;
  }
  for (let pass = 0; pass < MOST_PASSES; pass++) if (spreadEdges(tree)) break;
  sentenceStarts.fill(-1);
  for (let index = 0; index < count; index++)
    if (heads[index] === index) sentenceStarts[leftEdges[index]!] = 1;
}

/** One pass in each direction; true when every head lies within its sentence. */
function spreadEdges(tree: ParseTree): boolean {
  const { count, heads, leftEdges, rightEdges } = tree;
  for (let index = 0; index < count; index++) widen(heads[index]!, index, leftEdges, rightEdges);
  for (let index = count - 1; index >= 0; index--) widen(heads[index]!, index, leftEdges, rightEdges);
  const starts = new Uint8Array(count);
  for (let index = 0; index < count; index++) if (heads[index] === index) starts[leftEdges[index]!] = 1;
  let start = 0;
  for (let index = 0; index < count; index++) {
    if (!(index > 0 && starts[index] === 1) && index !== count - 1) continue;
    for (let word = start; word < index; word++)
      if (heads[word]! < start || heads[word]! >= index + 1) return false;
    start = index;
  }
  return true;
}

function widen(head: number, child: number, leftEdges: Int32Array, rightEdges: Int32Array): void {
  if (leftEdges[child]! < leftEdges[head]!) leftEdges[head] = leftEdges[child]!;
  if (rightEdges[child]! > rightEdges[head]!) rightEdges[head] = rightEdges[child]!;
}

/** A label `child||head` taken apart, by its number; `null` for plain labels. */
export interface DecoratedLabel {
  readonly label: number;
  readonly headLabel: number;
}

/**
 * Re-attaches words with decorated labels to the first descendant of their head that has the head label, breadth first, left
 * to right (spacy/pipeline/_parser_internals/nonproj.pyx, `deprojectivize`). Edges are those from before. True if any was found.
 */
export function deprojectivize(
  tree: ParseTree,
  decorated: readonly (DecoratedLabel | null)[],
  isSpace: (index: number) => boolean,
): boolean {
  let found = false;
  for (let index = 0; index < tree.count; index++) {
    const parts = decorated[tree.labels[index]!] ?? null;
    if (parts === null) continue;
    found = true;
    tree.heads[index] = findNewHead(tree, index, parts.headLabel, isSpace);
    tree.labels[index] = parts.label;
  }
  return found;
}

export function findNewHead(
  tree: ParseTree,
  word: number,
  headLabel: number,
  isSpace: (index: number) => boolean,
): number {
  const head = tree.heads[word]!;
  let queue = [head];
  while (queue.length > 0) {
    const next: number[] = [];
    for (const parent of queue)
      for (let child = tree.leftEdges[parent]!; child <= tree.rightEdges[parent]!; child++) {
        if (child === parent || tree.heads[child] !== parent || isSpace(child) || child === word) continue;
        if (tree.labels[child] === headLabel) return child;
        next.push(child);
      }
    queue = next;
  }
  return head;
}
