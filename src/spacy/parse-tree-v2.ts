/** @file Re-attaching words in spaCy 2.0, whose head setter keeps edges up to date while `deprojectivize` reads them. */
import { type DecoratedLabel, findNewHead, type ParseTree } from "./parse-tree.js";

/** As `deprojectivize` of `parse-tree.ts`; sentence starts stay as the parser set them (syntax/nonproj.pyx:119-130, 2.0.18). */
export function deprojectivizeV2(
  tree: ParseTree,
  decorated: readonly (DecoratedLabel | null)[],
  isSpace: (index: number) => boolean,
): void {
  for (let index = 0; index < tree.count; index++) {
    const parts = decorated[tree.labels[index]!] ?? null;
    if (parts === null) continue;
    setHead(tree, index, findNewHead(tree, index, parts.headLabel, isSpace));
    tree.labels[index] = parts.label;
  }
}

/** `Token.head = …` (tokens/token.pyx:514-609, 2.0.18). */
function setHead(tree: ParseTree, word: number, newHead: number): void {
  const { heads } = tree;
  const oldHead = heads[word]!;
  if (oldHead === newHead) return;
  const descends = ancestors(tree, newHead).includes(oldHead);
  if (oldHead > word) detach(tree, word, oldHead, descends, tree.leftEdges, (a, b) => a < b);
  else if (oldHead < word) detach(tree, word, oldHead, descends, tree.rightEdges, (a, b) => a > b);
  if (newHead > word) attach(tree, word, newHead, tree.leftEdges, (a, b) => a < b);
  else if (newHead < word) attach(tree, word, newHead, tree.rightEdges, (a, b) => a > b);
  heads[word] = newHead;
}

/** Whether edge `a` lies further out than `b`. */
type Further = (a: number, b: number) => boolean;

function detach(
  tree: ParseTree,
  word: number,
  oldHead: number,
  descends: boolean,
  edges: Int32Array,
  further: Further,
): void {
  if (edges[word] !== edges[oldHead]) return;
  let edge = edges[word]!;
  if (!descends) {
    edge = oldHead;
    for (const child of children(tree, oldHead))
      if (child !== word && further(edges[child]!, edge)) edge = edges[child]!;
    edges[oldHead] = edge;
  }
  for (const ancestor of ancestors(tree, oldHead)) {
    if (!further(edge, edges[ancestor]!)) break;
    edges[ancestor] = edge;
  }
}

function attach(tree: ParseTree, word: number, newHead: number, edges: Int32Array, further: Further): void {
  if (!further(edges[word]!, edges[newHead]!)) return;
  edges[newHead] = edges[word]!;
  for (const ancestor of ancestors(tree, newHead)) {
    if (!further(edges[word]!, edges[ancestor]!)) break;
    edges[ancestor] = edges[word]!;
  }
}

function ancestors(tree: ParseTree, word: number): number[] {
  const found: number[] = [];
  for (let at = word; tree.heads[at] !== at && found.length < tree.count; ) {
    at = tree.heads[at]!;
    found.push(at);
  }
  return found;
}

function children(tree: ParseTree, head: number): number[] {
  const found: number[] = [];
  for (let index = tree.leftEdges[head]!; index <= tree.rightEdges[head]!; index++)
    if (index !== head && tree.heads[index] === head) found.push(index);
  return found;
}
