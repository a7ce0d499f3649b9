import { expect, it } from "vitest";
import { fuzz } from "./fuzz.js";
import { FUZZ_TARGETS } from "./targets.js";

/** Enough to meet every mutation at every kind of place; `npm run fuzz` does 100,000 a format. */
const RUNS = 1500;

it.each(FUZZ_TARGETS.map((target) => [target.name, target] as const))(
  "%s: damaged files are read or refused, nothing else",
  async (_, target) => {
    const outcome = await fuzz(target, 1, RUNS);
    expect(outcome.failures).toEqual([]);
    expect(outcome.refused).toBeGreaterThan(RUNS / 20);
  },
);
