/** @file Entity scores: counts by hand, agreement with conlleval on random tags, intervals that cover and repeat. */
import { describe, expect, it } from "vitest";
import { createWords } from "../../util/counter-random.js";
import { decodeTags } from "../tags.js";
import { bootstrapIntervals } from "./bootstrap.js";
import { conlleval } from "./conlleval.js";
import { scoreEntities } from "./entities.js";

describe("scoreEntities", () => {
  const set = (id: string, ...entities: [string, number, number][]) => ({
    id,
    entities: entities.map(([label, start, end]) => ({ label, spans: [[start, end]] as const })),
  });

  it("counts exact span and class, each once, and gold documents that the prediction lacks", () => {
    const scores = scoreEntities(
      [set("a", ["X", 0, 3], ["Y", 4, 6], ["Y", 4, 6]), set("b", ["X", 1, 2])],
      [set("a", ["X", 0, 3], ["X", 4, 6], ["X", 0, 3])],
    );
    expect(scores.classes["X"]).toMatchObject({
      gold: 2,
      predicted: 2,
      correct: 1,
      precision: 0.5,
      recall: 0.5,
    });
    expect(scores.classes["Y"]).toMatchObject({ gold: 1, predicted: 0, correct: 0, f1: 0 });
    expect(scores.micro).toMatchObject({ gold: 3, predicted: 2, correct: 1, precision: 0.5, f1: 0.4 });
    expect(scores.macro.f1).toBe(0.25);
    expect(scores.missing).toEqual(["b"]);
  });

  it("refuses ids that gold does not have", () => {
    expect(() => scoreEntities([set("a")], [set("b")])).toThrow(
      expect.objectContaining({ code: "SCORE_MISMATCH" }),
    );
  });

  it("agrees with conlleval on random IOB tags", () => {
    const next = createWords(99, 1, [0, 0, 0]);
    const tags = ["O", "O", "B-A", "I-A", "B-B", "I-B"];
    const draw = (): string => tags[next() % tags.length]!;
    for (let round = 0; round < 300; round++) {
      const gold = Array.from({ length: 12 }, draw);
      const guess = gold.map((tag) => (next() % 3 === 0 ? draw() : tag));
      const toSet = (sequence: string[]) => ({
        id: "x",
        entities: decodeTags(sequence).chunks.map(({ label, start, end }) => ({
          label,
          spans: [[start, end]] as const,
        })),
      });
      const { micro } = scoreEntities([toSet(gold)], [toSet(guess)], { samples: 0 });
      const { overall } = conlleval(gold.map((tag, index) => ["w", tag, guess[index]!] as const));
      expect([micro.gold, micro.predicted, micro.correct]).toEqual([
        overall.gold,
        overall.predicted,
        overall.correct,
      ]);
    }
  });

  it("leaves a class out of the resamples that do not have it", () => {
    const gold = Array.from({ length: 30 }, (_, index) =>
      set(String(index), [index === 0 ? "RARE" : "X", 0, 1]),
    );
    const { classes, macro } = scoreEntities(gold, gold);
    expect(classes["RARE"]!.intervals!.f1).toEqual([1, 1]);
    expect(macro.intervals!.f1).toEqual([1, 1]);
  });
});

describe("bootstrapIntervals", () => {
  const share = (sums: Float64Array): number[] => [sums[0]! / sums[1]!];

  it("is wider for few large documents than for many small ones, and repeats with its seed", () => {
    const items = Array.from({ length: 400 }, (_, index) => (index % 40 < 30 ? 1 : 0));
    const single = items.map((hit) => [hit, 1]);
    const grouped = Array.from({ length: 10 }, (_, group) => [group < 7 ? 40 : 20, 40]);
    const [narrow] = bootstrapIntervals(single, share)!;
    const [wide] = bootstrapIntervals(grouped, share)!;
    expect(wide![1] - wide![0]).toBeGreaterThan(narrow![1] - narrow![0]);
    expect(bootstrapIntervals(single, share, { seed: 1 })).toEqual([narrow]);
    expect(bootstrapIntervals(single, share, { seed: 2 })).not.toEqual([narrow]);
  });

  it("covers the true rate in about 95 of 100 samples", () => {
    const next = createWords(98, 1, [0, 0, 0]);
    let covered = 0;
    for (let round = 0; round < 200; round++) {
      const sample = Array.from({ length: 100 }, () => [next() / 2 ** 32 < 0.7 ? 1 : 0, 1]);
      const [[low, high]] = bootstrapIntervals(sample, share, { samples: 300, seed: round }) as [
        [number, number],
      ];
      if (low <= 0.7 && 0.7 <= high) covered += 1;
    }
    expect(covered).toBeGreaterThan(178);
    expect(covered).toBeLessThan(200);
  });
});
