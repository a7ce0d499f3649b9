import fc from "fast-check";
import { expect, it } from "vitest";
import { planTokenWindows } from "./windows.js";

it("covers every token once, from the window where it is farthest from an edge", () => {
  fc.assert(
    fc.property(fc.nat(120), fc.integer({ min: 2, max: 40 }), fc.nat(39), (count, room, wish) => {
      const overlap = Math.min(wish, room - 1);
      const windows = planTokenWindows(count, room, overlap);
      let next = 0;
      for (const { start, end, from, to } of windows) {
        expect(end - start).toBe(Math.min(room, count));
        expect(from).toBe(next);
        expect(from >= start && to <= end).toBe(true);
        next = to;
      }
      expect(next).toBe(count);
      const context = ({ start, end }: { start: number; end: number }, token: number): number =>
        Math.min(
          start === 0 ? Number.POSITIVE_INFINITY : token - start,
          end === count ? Number.POSITIVE_INFINITY : end - 1 - token,
        );
      for (const window of windows)
        for (let token = window.from; token < window.to; token++)
          // A border in the middle of an odd overlap may stand half a token off.
          for (const other of windows)
            if (token >= other.start && token < other.end)
              expect(context(window, token)).toBeGreaterThanOrEqual(context(other, token) - 1);
      for (let index = 1; index < windows.length; index++)
        expect(windows[index - 1]!.end - windows[index]!.start).toBeGreaterThanOrEqual(overlap);
    }),
  );
});
