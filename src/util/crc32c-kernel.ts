/** @file CRC-32C as WebAssembly, sixteen bytes at a time (slicing-by-16), for all but short inputs. */
import { advance, instantiate, type Local, type WasmFunction } from "./wasm-assembler.js";
import { type Code, i32, whileDo } from "./wasm-instructions.js";

export const SLICES = 16;
const TABLE_BYTES = 4 * 256;
export const CRC_TABLES_BYTES = SLICES * TABLE_BYTES;
/** Places in the memory, bytes: one table after the other, the checksum, the input. */
const STATE_AT = CRC_TABLES_BYTES;
const INPUT_AT = STATE_AT + 16;
const INPUT_BYTES = 1 << 16;

/** What table `zeros`, of those at `tables`, says of the byte of `word` at bit `bit`. */
function look(tables: number, zeros: number, word: Local, bit: number): Code {
  // Shifted by two bits less: entries have four bytes.
  const shifted = bit === 0 ? i32.shl(word.get, i32.const(2)) : i32.shiftRight(word.get, i32.const(bit - 2));
  return i32.load(i32.and(shifted, i32.const(0x3fc)), tables + zeros * TABLE_BYTES);
}

/** Statements that continue the inverted checksum `crc` over the bytes from `at`, which moves, to `end`. */
export function crcCode(
  tables: number,
  crc: Local,
  at: Local,
  end: Local,
  local: (type: "i32") => Local,
): Code[] {
  const last = local("i32");
  const words = [0, 1, 2, 3].map(() => local("i32"));
  const sumOf = (word: Local, index: number): Code => {
    const [a, b, c, d] = [0, 8, 16, 24].map((bit) => look(tables, 15 - 4 * index - bit / 8, word, bit));
    return i32.xor(i32.xor(a!, b!), i32.xor(c!, d!));
  };
  // The first word waits for the checksum of the bytes before it: its sum comes last, so that the others do not wait with it.
  const sum = [...words.entries()].reverse().map(([index, word]) => sumOf(word, index));
  return [
    last.set(i32.sub(end.get, i32.const(15))),
    whileDo(i32.lessThan(at.get, last.get), [
      ...words.map((word, index) => word.set(i32.load(at.get, 4 * index))),
      words[0]!.set(i32.xor(words[0]!.get, crc.get)),
      crc.set(sum.reduce((left, right) => i32.xor(left, right))),
      advance(at, i32.const(16)),
    ]),
    whileDo(i32.lessThan(at.get, end.get), [
      words[0]!.set(i32.xor(crc.get, i32.loadByte(at.get))),
      crc.set(i32.xor(i32.shiftRight(crc.get, i32.const(8)), look(tables, 0, words[0]!, 0))),
      advance(at, i32.const(1)),
    ]),
  ];
}

const update: WasmFunction = {
  name: "update",
  parameters: ["i32", "i32"],
  build([at, end], local) {
    const crc = local("i32");
    return [
      crc.set(i32.load(i32.const(STATE_AT))),
      ...crcCode(0, crc, at!, end!, local),
      i32.store(i32.const(STATE_AT), crc.get),
    ];
  },
};

/** Continues the inverted checksum `crc` over `bytes[from, to)`. */
export type CrcUpdate = (bytes: Uint8Array, from: number, to: number, crc: number) => number;

/** @param tables int32[16 · 256]: entry 256 k + b is the checksum of byte b followed by k zero bytes */
export function createCrcKernel(tables: Int32Array): CrcUpdate {
  const { buffer, functions } = instantiate([update], INPUT_AT + INPUT_BYTES);
  new Int32Array(buffer, 0, SLICES * 256).set(tables);
  const state = new Int32Array(buffer, STATE_AT, 1);
  const input = new Uint8Array(buffer, INPUT_AT, INPUT_BYTES);
  const run = functions["update"]!;
  return (bytes, from, to, crc) => {
    state[0] = crc;
    for (let at = from; at < to; at += INPUT_BYTES) {
      const end = Math.min(to, at + INPUT_BYTES);
      input.set(bytes.subarray(at, end));
      run(INPUT_AT, INPUT_AT + end - at);
    }
    return state[0];
  };
}
