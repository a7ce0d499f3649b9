import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planUpdates } from "./batch-plan.js";
import { type FinetuneRecipe, presetSettings } from "./recipe.js";

function recipeOf(changes: Partial<FinetuneRecipe>): FinetuneRecipe {
  return {
    ...presetSettings("default"),
    task: "ner",
    preset: "default",
    model: "m",
    labels: ["O"],
    device: "cpu",
    threads: 1,
    ...changes,
  };
}

const lengths = fc.array(fc.integer({ min: 3, max: 128 }), { minLength: 1, maxLength: 300 });

describe("the plan of updates", () => {
  test("shows every sequence once an epoch, and is a function of the seed", () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 33 }), fc.nat(1000), (given, batchSize, seed) => {
        const recipe = recipeOf({ epochs: 3, batchSize, seed });
        const plan = planUpdates(given, recipe);
        for (const epoch of [0, 1, 2]) {
          const rows = plan.filter((batch) => batch.epoch === epoch).flatMap((batch) => batch.rows);
          expect([...rows].sort((a, b) => a - b)).toEqual(given.map((_, index) => index));
        }
        expect(planUpdates(given, recipe)).toEqual(plan);
      }),
      { numRuns: 40 },
    );
    const equal = new Array<number>(100).fill(10);
    const orders = [1, 2].map((seed) => planUpdates(equal, recipeOf({ seed })));
    expect(orders[0]).not.toEqual(orders[1]);
    expect(orders[0]![0]!.rows).not.toEqual(orders[0]!.find(({ epoch }) => epoch === 1)!.rows);
  });

  test("batches sequences of like lengths: little padding", () => {
    const given = Array.from({ length: 1600 }, (_, index) => 8 + ((index * 7919) % 120));
    const plan = planUpdates(given, recipeOf({ epochs: 1, batchSize: 16 }));
    const padded = plan.reduce(
      (sum, { rows }) => sum + rows.length * Math.max(...rows.map((row) => given[row]!)),
      0,
    );
    expect(padded / given.reduce((sum, length) => sum + length, 0)).toBeLessThan(1.05);
  });

  test("run_ner.py: ⌊N/B·epochs⌋ full batches from an endless, buffered repetition", () => {
    const plan = planUpdates(
      new Array<number>(107).fill(9),
      recipeOf({ preset: "alsentzer2019", epochs: 3, batchSize: 32 }),
    );
    expect(plan.length).toBe(Math.floor((107 / 32) * 3));
    expect(plan.every(({ rows }) => rows.length === 32)).toBe(true);
    // A buffer of 100 moves nothing farther forward than 100 places.
    for (const [step, { rows }] of plan.entries())
      if (32 * step + 132 < 107) for (const row of rows) expect(row).toBeLessThan(32 * step + 132);
    expect(new Set(plan.flatMap(({ rows }) => rows)).size).toBeGreaterThan(95);
  });

  test("run_classifier.py: two micro-batches an update, across the ends of epochs, the last odd one dropped", () => {
    const recipe = recipeOf({ task: "nli", preset: "alsentzer2019", epochs: 3, batchSize: 8 });
    const plan = planUpdates(new Array<number>(10).fill(9), recipe);
    // Three micro-batches (4, 4, 2) an epoch, nine in all: four updates and one over.
    expect(plan.map(({ groups }) => groups)).toEqual([
      [4, 4],
      [2, 4],
      [4, 2],
      [4, 4],
    ]);
    expect(plan.map(({ epoch }) => epoch)).toEqual([0, 1, 1, 2]);
  });
});
