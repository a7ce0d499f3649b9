import { expect, test } from "vitest";
import { advance, instantiate, type WasmFunction } from "./wasm-assembler.js";
import { f32, i32, v128 } from "./wasm-instructions.js";

test("memory grows on demand and keeps its content", () => {
  const storeNine: WasmFunction = {
    name: "f",
    parameters: [],
    build: () => [i32.store(i32.const(0), i32.const(9))],
  };
  const wasm = instantiate([storeNine], 4);
  wasm.functions["f"]!();
  wasm.reserve(10);
  expect(wasm.buffer.byteLength).toBe(65_536);
  wasm.reserve(200_000);
  expect(wasm.buffer.byteLength).toBe(4 * 65_536);
  expect(new Int32Array(wasm.buffer, 0, 1)[0]).toBe(9);
});

test("parameters and locals of every type are kept apart, and start as passed or as zero", () => {
  const move: WasmFunction = {
    name: "move",
    parameters: ["i32", "f32"],
    build([from], local) {
      const [lanes, scalar, to] = [local("v128"), local("f32"), local("i32")];
      return [
        lanes.set(v128.load(from!.get)),
        scalar.set(f32.const(2)),
        advance(to, i32.const(16)),
        advance(to, i32.const(16)),
        v128.store(to.get, lanes.get),
      ];
    },
  };
  const { functions, buffer } = instantiate([move], 48);
  const numbers = new Float32Array(buffer, 0, 12);
  numbers.set([1, 2, 3, 4, 5, 6, 7, 8]);
  functions["move"]!(16, 9);
  expect([...numbers]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8]);
});

test("functions of a module are called by their names", () => {
  const storing = (name: string, value: number): WasmFunction => ({
    name,
    parameters: [],
    build: () => [i32.store(i32.const(0), i32.const(value))],
  });
  // More than 127 functions: their count and numbers take two bytes.
  const { functions, buffer } = instantiate(
    Array.from({ length: 200 }, (_, index) => storing(`f${index}`, index)),
    4,
  );
  for (const index of [199, 0, 128, 127]) {
    functions[`f${index}`]!();
    expect(new Int32Array(buffer, 0, 1)[0]).toBe(index);
  }
});

test("a function calls others of its module and imported ones, whose numbers come first", () => {
  const seen: number[][] = [];
  const add: WasmFunction = {
    name: "add",
    parameters: ["i32", "i32"],
    build: ([left, right]) => [i32.store(i32.const(0), i32.add(left!.get, right!.get))],
  };
  const main: WasmFunction = {
    name: "main",
    parameters: ["i32"],
    build: ([number], _, call) => [
      call("add", number!.get, i32.const(5)),
      call("tell", i32.load(i32.const(0)), i32.const(-1)),
    ],
  };
  const { functions } = instantiate([main, add], 4, [
    { name: "tell", parameters: 2, run: (...values) => void seen.push(values) },
  ]);
  functions["main"]!(37);
  expect(seen).toEqual([[42, -1]]);
  expect(() => instantiate([main], 4)).toThrow("there is no WebAssembly function add");
});
