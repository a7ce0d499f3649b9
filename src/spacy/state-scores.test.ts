import { expect, test } from "vitest";
import { createStateScores, type ParserWeights, type StateScores } from "./state-scores.js";

const [WIDTH, FEATURES, HIDDEN, PIECES, CLASSES] = [4, 3, 4, 2, 5];
const ROWS = 1200;

function numbers(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => Math.sin(index * 12.9898 + seed * 78.233));
}

const weights: ParserWeights = {
  width: WIDTH,
  features: FEATURES,
  hidden: HIDDEN,
  pieces: PIECES,
  classes: CLASSES,
  projection: null,
  lower: numbers(FEATURES * HIDDEN * PIECES * WIDTH, 1),
  lowerBias: numbers(HIDDEN * PIECES, 2),
  pad: numbers(FEATURES * HIDDEN * PIECES, 3),
  upper: { weights: numbers(CLASSES * HIDDEN, 4), bias: numbers(CLASSES, 5) },
};
const vectors = numbers(ROWS * WIDTH, 6);

function readTo(row: number): StateScores {
  const scorer = createStateScores(weights, null);
  scorer.begin(vectors, ROWS, "own");
  while (scorer.score(Int32Array.of(row, -1, -1), 0) === null) for (const _ of scorer.readAhead());
  return scorer;
}

test.each([
  ["all at one place", [5, 69, 133]],
  ["two at one place, the third at the next", [70, 134, 7]],
  ["one of them twice", [64, 64, 0]],
  ["with an absent word", [0, -1, 128]],
])("words that left the ring do not take each other's places: %s", (_, words) => {
  const state = Int32Array.from(words);
  const near = readTo(Math.max(...words)).score(state, 0)!;
  const far = readTo(ROWS - 1);
  for (let round = 0; round < 2; round++)
    for (const [index, score] of far.score(state, 0)!.entries()) expect(score).toBeCloseTo(near[index]!, 5);
});
