import { expect, test } from "vitest";
import { resolveDim } from "../graph/dim.js";
import type { Tensor } from "../graph/tensor.js";
import { createWords } from "../util/counter-random.js";
import { packedRowsDim, packingSymbols, packTokens, rowBlock } from "./token-packing.js";

const HEADS = 3;

function numbers(tensor: Tensor): number[] {
  return Array.from(tensor.data as Int32Array);
}

/** Batches of one to six sequences; every fourth is full. */
const CASES = Array.from({ length: 60 }, (_, seed) => {
  const word = createWords(0, 7, [seed, 0, 0]);
  const maxLength = [128, 100, 31, 16, 6, 1][word() % 6]!;
  const lengths = Array.from({ length: 1 + (word() % 6) }, () =>
    seed % 4 === 0 ? maxLength : 1 + (word() % maxLength),
  );
  return { maxLength, lengths };
});

test.each(CASES)("$lengths on a grid of $maxLength", ({ lengths, maxLength: S }) => {
  const shape = { lengths, maxLength: S, block: rowBlock(S) };
  const { rows, starts, feeds } = packTokens(shape, HEADS);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  expect(rows).toBe(resolveDim(packedRowsDim(shape.block), packingSymbols(shape)));
  expect(rows).toBeGreaterThanOrEqual(tokens);
  expect(rows).toBeLessThanOrEqual(lengths.length * S);
  expect(rows - tokens).toBeLessThanOrEqual(16);
  // Empty rows and places of padding need each other: there are both or neither.
  expect(rows > tokens).toBe(tokens < lengths.length * S);

  const [grid, packed] = [numbers(feeds.grid_rows), numbers(feeds.packed_rows)];
  const [positions, mask] = [numbers(feeds.position_ids), numbers(feeds.attention_mask)];
  for (const [b, length] of lengths.entries())
    for (let s = 0; s < S; s++) {
      expect(mask[b * S + s]).toBe(s < length ? 1 : 0);
      for (let a = 0; a < HEADS; a++) {
        const place = (b * HEADS + a) * S + s;
        const row = s < length ? starts[b]! + s : tokens;
        expect(grid[place]).toBe(row * HEADS + a);
        if (s < length) expect(packed[row * HEADS + a]).toBe(place);
      }
      if (s < length) expect(positions[starts[b]! + s]).toBe(s);
    }
  for (let index = tokens * HEADS; index < rows * HEADS; index++) {
    const sequence = Math.floor(packed[index]! / (HEADS * S));
    expect(packed[index]! % S).toBeGreaterThanOrEqual(lengths[sequence]!);
  }
});
