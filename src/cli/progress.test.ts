import { expect, test, vi } from "vitest";
import type { CliContext } from "./context.js";
import { formatSeconds, startProgress } from "./progress.js";

function fakeContext(isTTY: boolean) {
  const written: string[] = [];
  const stderr = { isTTY, write: (text: string) => written.push(text) };
  return { written, context: { stderr } as unknown as CliContext };
}

test("nothing is written when stderr is no terminal", () => {
  const { written, context } = fakeContext(false);
  const progress = startProgress(context, "train", 10, "steps");
  progress.update(5, "loss 1.0");
  progress.finish();
  expect(written).toEqual([]);
});

test("a line has bar, count, rate, ETA and note, is drawn at most ten times a second, and is cleared at the end", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const { written, context } = fakeContext(true);
  const progress = startProgress(context, "train", 100, "steps");
  for (let step = 1; step <= 50; step++) {
    vi.advanceTimersByTime(20);
    progress.update(step, "loss 2.50");
  }
  expect(written).toHaveLength(10);
  expect(written.at(-1)).toMatch(
    /^\r\x1b\[2Ktrain █{11}░{13} 46\/100 steps 50\.0 steps\/s ETA 0:01 loss 2\.50$/,
  );
  progress.update(100);
  expect(written.at(-1)).toContain("100/100");
  progress.finish();
  expect(written.at(-1)).toBe("\r\x1b[2K");
  vi.useRealTimers();
});

test("an unknown total shows neither bar nor ETA", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const { written, context } = fakeContext(true);
  const progress = startProgress(context, "read", 0, "notes");
  progress.update(0);
  expect(written[0]).toBe("\r\x1b[2Kread … notes ");
  vi.advanceTimersByTime(1000);
  progress.update(7);
  expect(written[1]).toBe("\r\x1b[2Kread 7 notes 7.00 notes/s ");
  vi.useRealTimers();
});

test.each([
  [0, "0:00"],
  [59.6, "1:00"],
  [3599, "59:59"],
  [3600, "1:00:00"],
  [86_461, "24:01:01"],
  [-3, "0:00"],
])("%d seconds are written %s", (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});
