import { describe, expect, test } from "vitest";
import { alignSeries, chartsFor } from "./series.js";

describe("columns of a chart", () => {
  test("join the steps of all runs, and leave holes where a run has no line", () => {
    const a = [
      { step: 1, loss: 3 },
      { step: 3, loss: 2 },
    ];
    const b = [
      { step: 2, loss: 5 },
      { step: 3, loss: null },
      { step: 4, loss: 4 },
    ];
    expect(alignSeries([a, b], ["loss"])).toEqual([
      [1, 2, 3, 4],
      [3, null, 2, null],
      [null, 5, null, 4],
    ]);
  });
  test("take the first name that a line has", () => {
    const run = [
      { step: 1, masked: 0.5 },
      { step: 2, accuracy: 0.7, masked: 0.1 },
    ];
    expect(alignSeries([run], ["accuracy", "masked"])).toEqual([
      [1, 2],
      [0.5, 0.7],
    ]);
  });
  test("are thinned by means: the last step stays, and so does the mean", () => {
    const run = Array.from({ length: 100_000 }, (_, index) => ({ step: index + 1, loss: index % 10 }));
    const [steps, values] = alignSeries([run], ["loss"]);
    expect(steps.length).toBeLessThanOrEqual(2000);
    expect(steps.at(-1)).toBe(100_000);
    const mean = values!.reduce<number>((sum, value) => sum + value!, 0) / values!.length;
    expect(mean).toBeCloseTo(4.5);
  });
});

test("charts of measures that few runs have are there only with them", () => {
  expect(chartsFor([]).length).toBe(4);
  const titles = chartsFor([[{ step: 1, loss: 1 }], [{ step: 9, dev_score: 0.5 }]]).map(({ title }) => title);
  expect(titles.length).toBe(5);
  expect(titles).toContain("Score on dev data");
});
