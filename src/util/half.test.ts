import { expect, it } from "vitest";
import { bfloat16Bits, bfloat16Value, float16Bits, float16Value } from "./half.js";

type ToBits = (value: number) => number;
type ToValue = (bits: number) => number;

/** What goes wrong at one pattern: its own value, and what lies at and beside the middle to the next. */
function problemsAt(bits: number, last: boolean, toBits: ToBits, toValue: ToValue): number {
  const value = toValue(bits);
  let problems = Number(toBits(value) !== bits) + Number(toBits(-value) !== (bits | 0x8000));
  if (last) return problems;
  const step = toValue(bits + 1) - value;
  const even = bits % 2 === 0 ? bits : bits + 1;
  for (const [share, wanted] of [
    [0.25, bits],
    [0.5, even],
    [0.75, bits + 1],
  ] as const) {
    const between = value + step * share;
    if (Math.fround(between) === between && toBits(between) !== wanted) problems++;
  }
  return problems;
}

it.each([
  ["float16", float16Bits, float16Value, 0x7c00],
  ["bfloat16", bfloat16Bits, bfloat16Value, 0x7f80],
] as const)(
  "%s comes back from every pattern, and what lies between goes to the nearest, ties to even",
  (_, toBits, toValue, infinity) => {
    let problems = 0;
    for (let bits = 0; bits < infinity; bits++)
      problems += problemsAt(bits, bits + 1 === infinity, toBits, toValue);
    expect(problems).toBe(0);
    expect(toBits(Number.POSITIVE_INFINITY)).toBe(infinity);
    expect(toBits(Number.NEGATIVE_INFINITY)).toBe(infinity | 0x8000);
    expect(toValue(toBits(Number.NaN))).toBeNaN();
  },
);

it("rounds what is too large for float16 to infinity, from the middle on", () => {
  expect(float16Bits(65_519)).toBe(0x7bff);
  expect(float16Bits(65_520)).toBe(0x7c00);
  expect(float16Bits(2 ** -25)).toBe(0);
  expect(float16Bits(2 ** -25 * 1.0001)).toBe(1);
});
