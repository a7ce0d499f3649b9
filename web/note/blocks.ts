/** @file Cuts a note into blocks that the browser lays out one by one: whole lines where it can, pieces of a very long line. */
import type { Span } from "clinicalbert/browser";

/** Characters of a block: some tens of lines. */
const BLOCK = 3000;
/** A line longer than this is cut at a space, or anywhere where it has none. */
const LONGEST_LINE = 4000;

export interface Block {
  readonly span: Span;
  /** Characters of each line, for an estimate of the block's height before it is laid out. */
  readonly lines: readonly number[];
  /** The block goes on in the middle of a line. */
  readonly cut: boolean;
}

/** Blocks that cover the text without hole or overlap; also one starts at each of `starts` (sections), in order. */
export function cutBlocks(text: string, starts: readonly number[] = []): Block[] {
  const blocks: Block[] = [];
  let from = 0;
  let next = 0;
  while (from < text.length) {
    while (next < starts.length && starts[next]! <= from) next++;
    const border = Math.min(starts[next] ?? text.length, text.length);
    const to = endOfBlock(text, from, border);
    blocks.push({
      span: [from, to],
      lines: lineLengths(text, from, to),
      cut: from > 0 && text[from - 1] !== "\n",
    });
    from = to;
  }
  return blocks;
}

function endOfBlock(text: string, from: number, border: number): number {
  if (border - from <= BLOCK) return border;
  const line = text.lastIndexOf("\n", from + BLOCK - 1) + 1;
  if (line > from) return line;
  const end = text.indexOf("\n", from + BLOCK) + 1;
  if (end > 0 && end - from <= LONGEST_LINE && end <= border) return end;
  const space = text.lastIndexOf(" ", from + BLOCK - 1) + 1;
  const cut = space > from + BLOCK / 2 ? space : from + BLOCK;
  // Between the two halves of a surrogate pair there is no place to cut.
  return /[\uD800-\uDBFF]/.test(text[cut - 1] ?? "") ? cut + 1 : cut;
}

function lineLengths(text: string, from: number, to: number): number[] {
  const lines: number[] = [];
  for (let at = from; at < to; ) {
    const end = text.indexOf("\n", at);
    const stop = end === -1 || end >= to ? to : end + 1;
    lines.push(stop - at);
    at = stop;
  }
  return lines;
}

/** Rows of `columns` characters that a block will take. */
export function rowsOf({ lines }: Block, columns: number): number {
  return lines.reduce((rows, length) => rows + Math.max(1, Math.ceil(length / columns)), 0);
}

/** Index of the block that holds an offset, by bisection. */
export function blockAt(blocks: readonly Block[], offset: number): number {
  let low = 0;
  let high = blocks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (blocks[middle]!.span[0] <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
