/** @file The kernel that draws the dropout mask of one row. */
import { STREAMS } from "../util/counter-random.js";
import { storePhiloxBlocks } from "../util/counter-random-lanes.js";
import { advance, instantiate, type WasmFunction, type WasmInstance } from "../util/wasm-assembler.js";
import { type Code, doWhile, f32x4, i32, v128, when } from "../util/wasm-instructions.js";
import { ALIAS_BITS, COLUMNS, FRACTION_BITS } from "./gap-table.js";

/** Draws that are made at once, and may go past the end of the row: each by at most `COLUMNS` elements. */
const DRAWS = 16;
/** Places in the kernel's memory, bytes. */
const TABLE_AT = 0;
const DRAWS_AT = TABLE_AT + 4 * COLUMNS;
const MASK_AT = DRAWS_AT + 4 * DRAWS;
const PADDING = 4 * DRAWS * COLUMNS;

/** Word `draw` of the row's stream is word `draw` mod 4 of the Philox block at counter (⌊draw/4⌋, row, step, place). */
const drawRow: WasmFunction = {
  name: "drawRow",
  parameters: ["i32", "i32", "i32", "i32", "i32", "f32"],
  build(parameters, local) {
    const [seed, row, step, place, end, keep] = parameters as Six<(typeof parameters)[number]>;
    const [stream, block, at] = [local("i32"), local("i32"), local("i32")];
    const [word, column, entry, kept, lanes] = [
      local("i32"),
      local("i32"),
      local("i32"),
      local("i32"),
      local("v128"),
    ];
    const skip = (count: Code): Code => advance(at, i32.shl(count, i32.const(2)));
    const below = (bits: number): Code => i32.const(2 ** bits - 1);
    const walk = (draw: number): Code[] => [
      word.set(i32.load(i32.const(DRAWS_AT + 4 * draw))),
      column.set(i32.shiftRight(word.get, i32.const(FRACTION_BITS))),
      entry.set(i32.load(i32.shl(column.get, i32.const(2)), TABLE_AT)),
      kept.set(
        i32.select(
          i32.lessThan(
            i32.and(word.get, below(FRACTION_BITS)),
            i32.shiftRight(entry.get, i32.const(ALIAS_BITS)),
          ),
          column.get,
          i32.and(entry.get, below(ALIAS_BITS)),
        ),
      ),
      skip(kept.get),
      when(i32.lessThan(kept.get, i32.const(COLUMNS - 1)), [
        i32.store(at.get, i32.const(0)),
        skip(i32.const(1)),
      ]),
    ];
    return [
      lanes.set(f32x4.splat(keep.get)),
      at.set(i32.const(MASK_AT)),
      doWhile([v128.store(at.get, lanes.get), advance(at, i32.const(16))], i32.lessThan(at.get, end.get)),
      at.set(i32.const(MASK_AT)),
      stream.set(i32.const(STREAMS.dropout)),
      doWhile(
        [
          ...storePhiloxBlocks({ key: [stream, seed], counter: [block, row, step, place] }, DRAWS_AT, local),
          advance(block, i32.const(DRAWS / 4)),
          ...Array.from({ length: DRAWS }, (_, draw) => walk(draw)).flat(),
        ],
        i32.lessThan(at.get, end.get),
      ),
    ];
  },
};

type Six<T> = [T, T, T, T, T, T];

export interface DropoutKernel {
  /** The mask of a row of `size` elements: 0 (dropped) or `keep`. Overwritten by the next call. */
  draw(size: number, keep: number, seed: number, row: number, step: number, place: number): Float32Array;
}

/** A kernel that draws by `table`, see `buildGapTable`. */
export function createDropoutKernel(table: Uint32Array): DropoutKernel {
  const wasm: WasmInstance = instantiate([drawRow], MASK_AT + PADDING);
  new Uint32Array(wasm.buffer, TABLE_AT, COLUMNS).set(table);
  return {
    draw(size, keep, seed, row, step, place) {
      const end = MASK_AT + 4 * size;
      wasm.reserve(end + PADDING);
      wasm.functions["drawRow"]!(seed, row, step, place, end, keep);
      return new Float32Array(wasm.buffer, MASK_AT, size);
    },
  };
}
