import { describe, expect, test } from "vitest";
import { advance, instantiate, type WasmFunction } from "./wasm-assembler.js";
import {
  type Code,
  doWhile,
  doWhileBoth,
  f32,
  f32x4,
  i16x8,
  i32,
  i32x4,
  i64,
  i64x2,
  i8x16,
  v128,
  when,
  whileDo,
} from "./wasm-instructions.js";

/** The memory after `body` has run on `floats`. */
function memoryAfter(body: readonly Code[], floats: readonly number[] = []): ArrayBuffer {
  const { functions, buffer } = instantiate([{ name: "run", parameters: [], build: () => body }], 256);
  new Float32Array(buffer).set(floats);
  functions["run"]!();
  return buffer;
}

const integer = (value: Code): number | undefined =>
  new Int32Array(memoryAfter([i32.store(i32.const(0), value)]))[0];
const four = (value: Code, floats: readonly number[] = []): number[] => [
  ...new Float32Array(memoryAfter([v128.store(i32.const(64), value)], floats), 64, 4),
];
const float = (value: Code): number | undefined => four(f32x4.splat(value))[3];

test.each([0, 1, 63, 64, 127, 128, -1, -64, -65, 8191, 8192, 2 ** 31 - 1, -(2 ** 31), 0xd2511f53])(
  "the constant %i comes back",
  (value) => expect(integer(i32.const(value))).toBe(value | 0),
);

test.each([
  ["sub", i32.sub, [-10, 10]],
  ["mul", i32.mul, [-21, -21]],
  ["lessThan", i32.lessThan, [0, 1]],
  ["atLeast", i32.atLeast, [1, 0]],
] as const)("i32.%s of −7 and 3, and of 3 and −7", (_name, operation, [forth, back]) => {
  const [a, b] = [i32.const(-7), i32.const(3)];
  expect(integer(operation(a, b))).toBe(forth);
  expect(integer(operation(b, a))).toBe(back);
});

test("atLeast holds of equal numbers, lessThan does not", () => {
  expect(integer(i32.atLeast(i32.const(5), i32.const(5)))).toBe(1);
  expect(integer(i32.lessThan(i32.const(5), i32.const(5)))).toBe(0);
});

describe("64 bits", () => {
  const long = (value: Code): bigint | undefined =>
    new BigUint64Array(memoryAfter([i64.store(i32.const(0), value)]))[0];

  test.each([0n, -1n, 63n, 64n, -64n, -65n, 2n ** 63n - 1n, -(2n ** 63n), 0x9e3779b97f4a7c15n])(
    "the constant %i comes back",
    (value) => expect(long(i64.const(value))).toBe(BigInt.asUintN(64, value)),
  );

  test.each([
    ["sub", i64.sub, 2n ** 40n - 6n],
    ["mul", i64.mul, 6n * 2n ** 40n],
    ["and", i64.and, 0n],
    ["or", i64.or, 2n ** 40n + 6n],
    ["xor", i64.xor, 2n ** 40n + 6n],
    ["shl", i64.shl, 2n ** 46n],
    ["shiftRight", i64.shiftRight, 2n ** 34n],
  ] as const)("i64.%s of 2⁴⁰ and 6", (_name, operation, result) => {
    expect(long(operation(i64.const(2n ** 40n), i64.const(6)))).toBe(result);
  });

  test("bits are counted", () => {
    expect([0n, 1n, -1n, 0xf0n << 40n].map((value) => long(i64.bitCount(i64.const(value))))).toEqual([
      0n,
      1n,
      64n,
      4n,
    ]);
  });
});

describe("lanes of bytes", () => {
  const bytes = Array.from({ length: 16 }, (_, lane) => 40 + 10 * lane);
  const lanesOf = (value: Code): number[] => [
    ...new Uint8Array(memoryAfter([v128.store(i32.const(0), value)]), 0, 16),
  ];
  const splat = (byte: number): Code => i8x16.splat(i32.const(byte));

  test("comparisons have no sign; their upper bits make a mask, the first lane lowest", () => {
    const below = i8x16.lessThan(v128.const(bytes), splat(130));
    expect(lanesOf(below)).toEqual(bytes.map((byte) => (byte < 130 ? 255 : 0)));
    expect(integer(i8x16.bitmask(below))).toBe(0b1_1111_1111);
    expect([splat(0), below].map((lanes) => integer(v128.anyTrue(lanes)))).toEqual([0, 1]);
  });

  test("sums and differences go round", () => {
    expect(lanesOf(i8x16.add(v128.const(bytes), splat(100)))).toEqual(
      bytes.map((byte) => (byte + 100) & 255),
    );
    expect(lanesOf(i8x16.sub(v128.const(bytes), splat(100)))).toEqual(
      bytes.map((byte) => (byte + 156) & 255),
    );
    expect(lanesOf(i16x8.add(splat(1), i16x8.splat(i32.const(255))))).toEqual(
      bytes.map((_, lane) => (lane % 2) * 2),
    );
  });

  test.each([0, 1])("lane %i of 64 bits", (lane) => {
    const wanted = bytes.slice(8 * lane, 8 * lane + 8);
    expect(lanesOf(i32x4.splat(i64.low(i64x2.lane(v128.const(bytes), lane)))).slice(0, 4)).toEqual(
      wanted.slice(0, 4),
    );
  });
});

describe("control", () => {
  /** Adds the numbers 0 … n − 1 that are below `limit`. */
  const sumBelow: WasmFunction = {
    name: "sumBelow",
    parameters: ["i32", "i32"],
    build([n, limit], local) {
      const [at, sum] = [local("i32"), local("i32")];
      return [
        doWhile(
          [when(i32.lessThan(at.get, limit!.get), [advance(sum, at.get)]), advance(at, i32.const(1))],
          i32.lessThan(at.get, n!.get),
        ),
        i32.store(i32.const(0), sum.get),
      ];
    },
  };

  test("loops and conditions", () => {
    const { functions, buffer } = instantiate([sumBelow], 4);
    functions["sumBelow"]!(10, 5);
    expect(new Int32Array(buffer, 0, 1)[0]).toBe(10);
  });

  test.each([0, 1, 7])("whileDo runs its body %i times, doWhile once at least", (times) => {
    const count = (place: number, loop: (body: readonly Code[], condition: Code) => Code): WasmFunction => ({
      name: `count${place}`,
      parameters: ["i32"],
      build([left], local) {
        const runs = local("i32");
        const body = [advance(runs, i32.const(1)), advance(left!, i32.const(-1))];
        return [
          loop(body, i32.lessThan(i32.const(0x7fffffff), i32.sub(i32.const(0), left!.get))),
          i32.store(i32.const(place), runs.get),
        ];
      },
    });
    const { functions, buffer } = instantiate(
      [count(0, (body, condition) => whileDo(condition, body)), count(4, doWhile)],
      8,
    );
    functions["count0"]!(times);
    functions["count4"]!(times);
    expect([...new Int32Array(buffer, 0, 2)]).toEqual([times, Math.max(times, 1)]);
  });

  test.each([
    [3, 9],
    [9, 3],
    [1, 9],
    [9, 1],
  ])("doWhileBoth ends when the first of two conditions fails (%i, %i)", (first, second) => {
    const count: WasmFunction = {
      name: "count",
      parameters: ["i32", "i32"],
      build([left, right], local) {
        const runs = local("i32");
        return [
          doWhileBoth(
            [advance(runs, i32.const(1))],
            i32.lessThan(runs.get, left!.get),
            i32.lessThan(runs.get, right!.get),
          ),
          i32.store(i32.const(0), runs.get),
        ];
      },
    };
    const { functions, buffer } = instantiate([count], 4);
    functions["count"]!(first, second);
    expect(new Int32Array(buffer, 0, 1)[0]).toBe(Math.min(first, second));
  });

  test("select takes the first value when the condition holds", () => {
    const choose = (condition: number) => i32.select(i32.const(condition), i32.const(7), i32.const(8));
    expect(integer(choose(1))).toBe(7);
    expect(integer(choose(0))).toBe(8);
  });
});

test("lanes are multiplied to 64 bits without sign, and shuffled", () => {
  const lanes = i32x4.const([-1, 2, 3, 0x80000000]);
  const store = (place: number, value: Code) => v128.store(i32.const(place), value);
  const buffer = memoryAfter([
    store(0, i32x4.multiplyLow(lanes, lanes)),
    store(16, i32x4.multiplyHigh(lanes, lanes)),
    store(32, i32x4.shuffle(lanes, i32x4.const([4, 5, 6, 7]), [7, 0, 4, 2])),
  ]);
  expect([...new BigUint64Array(buffer, 0, 4)]).toEqual([(2n ** 32n - 1n) ** 2n, 4n, 9n, 2n ** 62n]);
  expect([...new Int32Array(buffer, 32, 4)]).toEqual([7, -1, 4, 3]);
});

describe("float32", () => {
  test("scalars are rounded after every operation", () => {
    expect(float(f32.const(1e-8))).toBe(Math.fround(1e-8));
    expect(float(f32.add(f32.const(1), f32.const(2 ** -24)))).toBe(1);
    expect(float(f32.div(f32.const(1), f32.const(3)))).toBe(Math.fround(1 / 3));
    expect(float(f32.sqrt(f32.const(2)))).toBe(Math.fround(Math.SQRT2));
    expect(float(f32.fromUnsigned(i32.const(-1)))).toBe(2 ** 32);
  });

  test("one float32 of any address fills four lanes", () => {
    expect(four(f32x4.loadSplat(i32.const(4), 8), [1, 2, 3, 4.5, 5])).toEqual([4.5, 4.5, 4.5, 4.5]);
  });

  test.each([0, 1, 2, 3])("lane %i", (index) => {
    expect(float(f32x4.lane(f32x4.loadSplat(i32.const(4)), index))).toBe(0);
    expect(four(f32x4.splat(f32x4.lane(v128.load(i32.const(4)), index)), [9, 1, 2, 3, 4])[0]).toBe(index + 1);
  });

  test("the maximum of each lane", () => {
    const [a, b] = [v128.load(i32.const(0)), v128.load(i32.const(16))];
    expect(four(f32x4.max(a, b), [1, -2, 0, 4, 0.5, -1, -3, Number.NaN])).toEqual([1, -1, 0, Number.NaN]);
  });
});
