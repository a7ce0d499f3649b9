import { describe, expect, test } from "vitest";
import { doWhile, i32, i32x4, instantiate, v128, type WasmFunction, when } from "./wasm-assembler.js";

/** Stores the value of `expression` at address 0. */
const storing = (name: string, expression: readonly number[]): WasmFunction => ({
  name,
  parameters: [],
  build: () => [i32.store(i32.const(0), expression)],
});

test.each([0, 1, 63, 64, 127, 128, -1, -64, -65, 8191, 8192, 2 ** 31 - 1, -(2 ** 31), 0xd2511f53])(
  "the constant %i comes back",
  (value) => {
    const { functions, buffer } = instantiate([storing("f", i32.const(value))], 4);
    functions["f"]!();
    expect(new Int32Array(buffer, 0, 1)[0]).toBe(value | 0);
  },
);

describe("control", () => {
  /** Adds the numbers 0 … n − 1 that are below `limit`. */
  const sumBelow: WasmFunction = {
    name: "sumBelow",
    parameters: ["i32", "i32"],
    build([n, limit], local) {
      const [at, sum] = [local("i32"), local("i32")];
      return [
        doWhile(
          [
            when(i32.lessThan(at.get, limit!.get), [sum.set(i32.add(sum.get, at.get))]),
            at.set(i32.add(at.get, i32.const(1))),
          ],
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

  test("select takes the first value when the condition holds", () => {
    const choose = (condition: number) => i32.select(i32.const(condition), i32.const(7), i32.const(8));
    const { functions, buffer } = instantiate([storing("yes", choose(1)), storing("no", choose(0))], 4);
    functions["yes"]!();
    expect(new Int32Array(buffer, 0, 1)[0]).toBe(7);
    functions["no"]!();
    expect(new Int32Array(buffer, 0, 1)[0]).toBe(8);
  });
});

test("lanes are multiplied to 64 bits without sign, and shuffled", () => {
  const lanes = i32x4.const([-1, 2, 3, 0x80000000]);
  const store = (place: number, value: readonly number[]) => v128.store(i32.const(place), value);
  const run: WasmFunction = {
    name: "run",
    parameters: [],
    build: () => [
      store(0, i32x4.multiplyLow(lanes, lanes)),
      store(16, i32x4.multiplyHigh(lanes, lanes)),
      store(32, i32x4.shuffle(lanes, i32x4.const([4, 5, 6, 7]), [7, 0, 4, 2])),
    ],
  };
  const { functions, buffer } = instantiate([run], 48);
  functions["run"]!();
  expect([...new BigUint64Array(buffer, 0, 4)]).toEqual([(2n ** 32n - 1n) ** 2n, 4n, 9n, 2n ** 62n]);
  expect([...new Int32Array(buffer, 32, 4)]).toEqual([7, -1, 4, 3]);
});

test("memory grows on demand and keeps its content", () => {
  const wasm = instantiate([storing("f", i32.const(9))], 4);
  wasm.functions["f"]!();
  wasm.reserve(10);
  expect(wasm.buffer.byteLength).toBe(65_536);
  wasm.reserve(200_000);
  expect(wasm.buffer.byteLength).toBe(4 * 65_536);
  expect(new Int32Array(wasm.buffer, 0, 1)[0]).toBe(9);
});
