/** @file The inner loops of a pipeline as WebAssembly functions: matrix product, maxout with layer norm, state sums. */
import {
  add,
  advance,
  atLeast,
  type Code,
  F32,
  float,
  floatAdd,
  floatDivide,
  get,
  I32,
  int,
  lane,
  load,
  loadInt,
  loadSplat,
  loopWhile,
  multiply,
  repeatWhile,
  set,
  splat,
  squareRoot,
  store,
  subtract,
  toFloat,
  V128,
  vectorAdd,
  vectorMax,
  vectorMultiply,
  vectorSubtract,
  type WasmFunction,
  when,
  zeros,
} from "./wasm-assembler.js";

/** Outputs of one panel of prepared weights: [panels, inputs, PANEL]. */
export const PANEL = 8;
const FLOAT = 4;
const VECTOR = 16;
/** Rows whose sums stay in registers: 12 sums, 2 weights and an input are 15 of the 16 registers of x64. */
const ROWS = 6;
const UNROLL = 4;

/**
 * `multiply(input, rows, weights, bias, panels, output, outputStride)`: addresses and strides in bytes; inputs and the stride of their
 * rows are fixed, so that rows are reached by offsets. Panels outside, six rows inside: a panel stays in the first cache.
 */
export function matrixProductKernel(name: string, inputs: number, stride: number): WasmFunction {
  const [input, rows, weights, bias, panels, output, outputStride] = [0, 1, 2, 3, 4, 5, 6];
  const [left, at, to, panel, end, next] = [7, 8, 9, 10, 11, 12];
  const sums = Array.from({ length: 2 * ROWS }, (_, index) => 13 + index);
  const [low, high, x] = [13 + 2 * ROWS, 14 + 2 * ROWS, 15 + 2 * ROWS];
  const step = (height: number, k: number): Code => [
    set(low, load(get(panel), k * PANEL * FLOAT)),
    set(high, load(get(panel), k * PANEL * FLOAT + VECTOR)),
    ...Array.from(
      { length: height },
      (_, row): Code => [
        set(x, loadSplat(get(at), (row * stride + k) * FLOAT)),
        set(sums[row * 2]!, vectorAdd(get(sums[row * 2]!), vectorMultiply(get(x), get(low)))),
        set(sums[row * 2 + 1]!, vectorAdd(get(sums[row * 2 + 1]!), vectorMultiply(get(x), get(high)))),
      ],
    ),
  ];
  const whole = inputs - (inputs % UNROLL);
  const block = (height: number): Code => [
    ...Array.from(
      { length: height },
      (_, row): Code => [
        set(sums[row * 2]!, load(get(bias))),
        set(sums[row * 2 + 1]!, load(get(bias), VECTOR)),
      ],
    ),
    set(panel, get(weights)),
    set(next, add(get(at), int(height * stride * FLOAT))),
    set(end, add(get(at), int(whole * FLOAT))),
    loopWhile(subtract(get(end), get(at)), [
      ...Array.from({ length: UNROLL }, (_, k) => step(height, k)),
      advance(at, int(UNROLL * FLOAT)),
      advance(panel, int(UNROLL * PANEL * FLOAT)),
    ]),
    ...Array.from({ length: inputs - whole }, (_, k) => step(height, k)),
    ...Array.from(
      { length: height },
      (_, row): Code => [
        store(get(to), get(sums[row * 2]!)),
        store(get(to), get(sums[row * 2 + 1]!), VECTOR),
        advance(to, get(outputStride)),
      ],
    ),
    set(at, get(next)),
    set(left, subtract(get(left), int(height))),
  ];
  const body: Code = repeatWhile(atLeast(get(panels), int(1)), [
    set(at, get(input)),
    set(to, get(output)),
    set(left, get(rows)),
    loopWhile(atLeast(get(left), int(ROWS)), block(ROWS)),
    loopWhile(atLeast(get(left), int(1)), block(1)),
    advance(weights, int(inputs * PANEL * FLOAT)),
    advance(bias, int(PANEL * FLOAT)),
    advance(output, int(PANEL * FLOAT)),
    set(panels, subtract(get(panels), int(1))),
  ]);
  return {
    name,
    parameters: [I32, I32, I32, I32, I32, I32, I32],
    locals: [I32, I32, I32, I32, I32, I32, ...sums.map(() => V128), V128, V128, V128],
    body,
  };
}

/**
 * `normalize(sums, rows, outputs, pieces, gain, shift, output, add)`: rows of `pieces` planes of `outputs` sums (a multiple of 4) to
 * their maxima, normalized; `add` 1 adds them to what is there. The first plane is overwritten with the maxima.
 */
export function normalizeKernel(): WasmFunction {
  const [sums, rows, outputs, pieces, gain, shift, output, adding] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [plane, offset, piece, at] = [8, 9, 10, 11];
  const [most, total, mean, scale, value] = [12, 13, 14, 15, 16];
  const [scalar] = [17];
  const across = (vector: number): Code =>
    floatAdd(
      floatAdd(lane(get(vector), 0), lane(get(vector), 1)),
      floatAdd(lane(get(vector), 2), lane(get(vector), 3)),
    );
  const average = (vector: number): Code => floatDivide(across(vector), toFloat(get(outputs)));
  const overOutputs = (body: Code): Code => [
    set(offset, int(0)),
    repeatWhile(subtract(get(plane), get(offset)), [body, advance(offset, int(VECTOR))]),
  ];
  const address = (base: number): Code => add(get(base), get(offset));
  const body: Code = [
    set(plane, multiply(get(outputs), int(FLOAT))),
    repeatWhile(atLeast(get(rows), int(1)), [
      set(total, zeros()),
      overOutputs([
        set(at, address(sums)),
        set(most, load(get(at))),
        set(piece, subtract(get(pieces), int(1))),
        loopWhile(atLeast(get(piece), int(1)), [
          advance(at, get(plane)),
          set(most, vectorMax(get(most), load(get(at)))),
          set(piece, subtract(get(piece), int(1))),
        ]),
        store(address(sums), get(most)),
        set(total, vectorAdd(get(total), get(most))),
      ]),
      set(mean, splat(average(total))),
      set(total, zeros()),
      overOutputs([
        set(value, vectorSubtract(load(address(sums)), get(mean))),
        set(total, vectorAdd(get(total), vectorMultiply(get(value), get(value)))),
      ]),
      set(scalar, floatDivide(float(1), squareRoot(floatAdd(average(total), float(1e-8))))),
      set(scale, splat(get(scalar))),
      overOutputs([
        set(value, vectorMultiply(vectorSubtract(load(address(sums)), get(mean)), get(scale))),
        set(value, vectorAdd(vectorMultiply(get(value), load(address(gain))), load(address(shift)))),
        when(get(adding), set(value, vectorAdd(get(value), load(address(output))))),
        store(address(output), get(value)),
      ]),
      advance(sums, multiply(get(plane), get(pieces))),
      advance(output, get(plane)),
      set(rows, subtract(get(rows), int(1))),
    ]),
  ];
  return {
    name: "normalize",
    parameters: [I32, I32, I32, I32, I32, I32, I32, I32],
    locals: [I32, I32, I32, I32, V128, V128, V128, V128, V128, F32],
    body,
  };
}

/**
 * `sumState(addresses, features, bias, hidden, pieces, output)`: adds the slots at `features` addresses (32-bit integers) and the bias,
 * `pieces` planes of `hidden` numbers (a multiple of 4) each, and writes the maxima over the planes.
 */
export function sumStateKernel(features: number): WasmFunction {
  const [addresses, bias, hidden, pieces, output] = [0, 1, 2, 3, 4];
  const [plane, offset, piece, at] = [5, 6, 7, 8];
  const slots = Array.from({ length: features }, (_, feature) => 9 + feature);
  const [sum, most] = [9 + features, 10 + features];
  const sumHere: Code = [
    set(sum, load(add(get(slots[0]!), get(at)))),
    ...slots.slice(1).map((slot) => set(sum, vectorAdd(get(sum), load(add(get(slot), get(at)))))),
    set(sum, vectorAdd(get(sum), load(add(get(bias), get(at))))),
  ];
  const body: Code = [
    ...slots.map((slot, feature) => set(slot, loadInt(get(addresses), feature * FLOAT))),
    set(plane, multiply(get(hidden), int(FLOAT))),
    set(offset, int(0)),
    repeatWhile(subtract(get(plane), get(offset)), [
      set(at, get(offset)),
      sumHere,
      set(most, get(sum)),
      set(piece, subtract(get(pieces), int(1))),
      loopWhile(atLeast(get(piece), int(1)), [
        advance(at, get(plane)),
        sumHere,
        set(most, vectorMax(get(most), get(sum))),
        set(piece, subtract(get(piece), int(1))),
      ]),
      store(add(get(output), get(offset)), get(most)),
      advance(offset, int(VECTOR)),
    ]),
  ];
  return {
    name: `sumState${features}`,
    parameters: [I32, I32, I32, I32, I32],
    locals: [I32, I32, I32, I32, ...slots.map(() => I32), V128, V128],
    body,
  };
}
