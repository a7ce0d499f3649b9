/** @file The inner loops of a pipeline as WebAssembly functions: matrix product, maxout with layer norm, state sums. */
import { advance, type Local, type WasmFunction } from "../util/wasm-assembler.js";
import { type Code, doWhile, f32, f32x4, i32, v128, when, whileDo } from "../util/wasm-instructions.js";

/** Outputs of one panel of prepared weights: [panels, inputs, PANEL]. */
export const PANEL = 8;
const FLOAT = 4;
const VECTOR = 16;
/** Rows whose sums stay in registers: 12 sums, 2 weights and an input are 15 of the 16 registers of x64. */
const ROWS = 6;
const UNROLL = 4;

type Five<T> = [T, T, T, T, T];
type Seven<T> = [...Five<T>, T, T];
type Eleven<T> = [...Seven<T>, T, T, T, T];

/** Repeats `body` while `count` is above 0, tested first. */
const countDown = (count: Local, body: readonly Code[]): Code =>
  whileDo(i32.atLeast(count.get, i32.const(1)), [...body, count.set(i32.sub(count.get, i32.const(1)))]);

/**
 * `multiply(input, rows, weights, bias, panels, output, outputStride)`: addresses and strides in bytes; the number of inputs is fixed,
 * so that rows are reached by offsets. Panels outside, six rows inside: a panel stays in the first cache.
 */
export function matrixProductKernel(inputs: number): WasmFunction {
  return {
    name: `multiply${inputs}`,
    parameters: ["i32", "i32", "i32", "i32", "i32", "i32", "i32"],
    build(parameters, local) {
      const [input, rows, weights, bias, panels, output, outputStride] = parameters as Seven<Local>;
      const [left, at, to] = [local("i32"), local("i32"), local("i32")];
      const [panel, end, next] = [local("i32"), local("i32"), local("i32")];
      const sums = Array.from({ length: ROWS }, () => ({ lower: local("v128"), upper: local("v128") }));
      const [low, high, x] = [local("v128"), local("v128"), local("v128")];
      const addProduct = (sum: Local, weight: Local): Code =>
        sum.set(f32x4.add(sum.get, f32x4.mul(x.get, weight.get)));
      const step = (height: number, k: number): Code[] => [
        low.set(v128.load(panel.get, k * PANEL * FLOAT)),
        high.set(v128.load(panel.get, k * PANEL * FLOAT + VECTOR)),
        ...sums
          .slice(0, height)
          .flatMap(({ lower, upper }, row) => [
            x.set(f32x4.loadSplat(at.get, (row * inputs + k) * FLOAT)),
            addProduct(lower, low),
            addProduct(upper, high),
          ]),
      ];
      const steps = (height: number, count: number): Code[] =>
        Array.from({ length: count }, (_, k) => step(height, k)).flat();
      const rest = inputs % UNROLL;
      const block = (height: number): Code[] => [
        ...sums
          .slice(0, height)
          .flatMap(({ lower, upper }) => [
            lower.set(v128.load(bias.get)),
            upper.set(v128.load(bias.get, VECTOR)),
          ]),
        panel.set(weights.get),
        next.set(i32.add(at.get, i32.const(height * inputs * FLOAT))),
        end.set(i32.add(at.get, i32.const((inputs - rest) * FLOAT))),
        whileDo(i32.sub(end.get, at.get), [
          ...steps(height, UNROLL),
          advance(at, i32.const(UNROLL * FLOAT)),
          advance(panel, i32.const(UNROLL * PANEL * FLOAT)),
        ]),
        ...steps(height, rest),
        ...sums
          .slice(0, height)
          .flatMap(({ lower, upper }) => [
            v128.store(to.get, lower.get),
            v128.store(to.get, upper.get, VECTOR),
            advance(to, outputStride.get),
          ]),
        at.set(next.get),
        left.set(i32.sub(left.get, i32.const(height))),
      ];
      const rowsRemain = (count: number): Code => i32.atLeast(left.get, i32.const(count));
      return [
        countDown(panels, [
          at.set(input.get),
          to.set(output.get),
          left.set(rows.get),
          whileDo(rowsRemain(ROWS), block(ROWS)),
          whileDo(rowsRemain(1), block(1)),
          advance(weights, i32.const(inputs * PANEL * FLOAT)),
          advance(bias, i32.const(PANEL * FLOAT)),
          advance(output, i32.const(PANEL * FLOAT)),
        ]),
      ];
    },
  };
}

/** Panels whose sums of one row run side by side: one panel's alone would wait for the last addition at every step. */
const PANELS = 4;

/** `multiplyRow(input, weights, bias, panels, output)`: `matrixProductKernel` for one row, the same sums in the same order. */
export function rowProductKernel(inputs: number): WasmFunction {
  return {
    name: `multiplyRow${inputs}`,
    parameters: ["i32", "i32", "i32", "i32", "i32"],
    build(parameters, local) {
      const [input, weights, bias, panels, output] = parameters as Five<Local>;
      const [at, end, panel, x] = [local("i32"), local("i32"), local("i32"), local("v128")];
      const sums = Array.from({ length: 2 * PANELS }, () => local("v128"));
      const panelBytes = PANEL * FLOAT;
      const rest = inputs % UNROLL;
      const step = (width: number, k: number): Code[] => [
        x.set(f32x4.loadSplat(at.get, k * FLOAT)),
        ...sums.slice(0, 2 * width).map((sum, half) => {
          const offset = ((half >> 1) * inputs + k) * panelBytes + (half & 1) * VECTOR;
          return sum.set(f32x4.add(sum.get, f32x4.mul(x.get, v128.load(panel.get, offset))));
        }),
      ];
      const steps = (width: number, count: number): Code[] =>
        Array.from({ length: count }, (_, k) => step(width, k)).flat();
      const group = (width: number): Code[] => [
        ...sums.slice(0, 2 * width).map((sum, half) => sum.set(v128.load(bias.get, half * VECTOR))),
        at.set(input.get),
        panel.set(weights.get),
        end.set(i32.add(at.get, i32.const((inputs - rest) * FLOAT))),
        whileDo(i32.sub(end.get, at.get), [
          ...steps(width, UNROLL),
          advance(at, i32.const(UNROLL * FLOAT)),
          advance(panel, i32.const(UNROLL * panelBytes)),
        ]),
        ...steps(width, rest),
        ...sums.slice(0, 2 * width).map((sum, half) => v128.store(output.get, sum.get, half * VECTOR)),
        advance(weights, i32.const(width * inputs * panelBytes)),
        advance(bias, i32.const(width * panelBytes)),
        advance(output, i32.const(width * panelBytes)),
        panels.set(i32.sub(panels.get, i32.const(width))),
      ];
      return [
        whileDo(i32.atLeast(panels.get, i32.const(PANELS)), group(PANELS)),
        whileDo(i32.atLeast(panels.get, i32.const(1)), group(1)),
      ];
    },
  };
}

/**
 * `normalize(sums, rowBytes, rows, outputs, pieces, bias, gain, shift, output, add, maxima)`: each output row is the sum of `slots`
 * consecutive rows of `sums` (slot s of row r + s) and the bias, `pieces` planes of `outputs` numbers (a multiple of 4) each; then the
 * maxima over planes, normalized; `add` 1 adds them to what is there. `maxima` has room for `outputs` numbers.
 */
export function normalizeKernel(slots: number): WasmFunction {
  return {
    name: `normalize${slots}`,
    parameters: Array.from({ length: 11 }, () => "i32" as const),
    build(parameters, local) {
      const [sums, rowBytes, rows, outputs, pieces, bias, gain, shift, output, adding, maxima] =
        parameters as Eleven<Local>;
      const [plane, offset, piece, at] = [local("i32"), local("i32"), local("i32"), local("i32")];
      const bases = Array.from({ length: slots }, () => local("i32"));
      const [most, total, mean] = [local("v128"), local("v128"), local("v128")];
      const [scale, value] = [local("v128"), local("v128")];
      const { add, sub, mul, max, splat, lane } = f32x4;
      const average = ({ get }: Local): Code =>
        f32.div(
          f32.add(f32.add(lane(get, 0), lane(get, 1)), f32.add(lane(get, 2), lane(get, 3))),
          f32.fromUnsigned(outputs.get),
        );
      const zeros = splat(f32.const(0));
      const here = (base: Local): Code => i32.add(base.get, offset.get);
      const summed = [bias, ...bases]
        .map((base) => v128.load(i32.add(base.get, at.get)))
        .reduce((sum, term) => add(sum, term));
      const deviation = sub(v128.load(here(maxima)), mean.get);
      const overOutputs = (body: readonly Code[]): Code[] => [
        offset.set(i32.const(0)),
        doWhile([...body, advance(offset, i32.const(VECTOR))], i32.sub(plane.get, offset.get)),
      ];
      return [
        plane.set(i32.mul(outputs.get, i32.const(FLOAT))),
        ...bases.map((base, slot) =>
          base.set(
            i32.add(
              sums.get,
              i32.mul(i32.const(slot), i32.add(rowBytes.get, i32.mul(plane.get, pieces.get))),
            ),
          ),
        ),
        countDown(rows, [
          total.set(zeros),
          ...overOutputs([
            at.set(offset.get),
            most.set(summed),
            piece.set(i32.sub(pieces.get, i32.const(1))),
            countDown(piece, [advance(at, plane.get), most.set(max(most.get, summed))]),
            v128.store(here(maxima), most.get),
            total.set(add(total.get, most.get)),
          ]),
          mean.set(splat(average(total))),
          total.set(zeros),
          ...overOutputs([value.set(deviation), total.set(add(total.get, mul(value.get, value.get)))]),
          scale.set(splat(f32.div(f32.const(1), f32.sqrt(f32.add(average(total), f32.const(1e-8)))))),
          ...overOutputs([
            value.set(mul(deviation, scale.get)),
            value.set(add(mul(value.get, v128.load(here(gain))), v128.load(here(shift)))),
            when(adding.get, [value.set(add(value.get, v128.load(here(output))))]),
            v128.store(here(output), value.get),
          ]),
          ...bases.map((base) => advance(base, rowBytes.get)),
          advance(output, plane.get),
        ]),
      ];
    },
  };
}

/**
 * `sumState(addresses, bias, hidden, pieces, output)`: adds the slots at `features` addresses (32-bit integers) and the bias,
 * `pieces` planes of `hidden` numbers (a multiple of 4) each, and writes the maxima over the planes.
 */
export function sumStateKernel(features: number): WasmFunction {
  return {
    name: `sumState${features}`,
    parameters: ["i32", "i32", "i32", "i32", "i32"],
    build(parameters, local) {
      const [addresses, bias, hidden, pieces, output] = parameters as Five<Local>;
      const [plane, offset, piece, at] = [local("i32"), local("i32"), local("i32"), local("i32")];
      const slots = Array.from({ length: features }, () => local("i32"));
      const most = local("v128");
      const here = (base: Local): Code => v128.load(i32.add(base.get, at.get));
      const total = [...slots, bias].map(here).reduce((sum, term) => f32x4.add(sum, term));
      return [
        ...slots.map((slot, feature) => slot.set(i32.load(addresses.get, feature * FLOAT))),
        plane.set(i32.mul(hidden.get, i32.const(FLOAT))),
        offset.set(i32.const(0)),
        doWhile(
          [
            at.set(offset.get),
            most.set(total),
            piece.set(i32.sub(pieces.get, i32.const(1))),
            countDown(piece, [advance(at, plane.get), most.set(f32x4.max(most.get, total))]),
            v128.store(i32.add(output.get, offset.get), most.get),
            advance(offset, i32.const(VECTOR)),
          ],
          i32.sub(plane.get, offset.get),
        ),
      ];
    },
  };
}
