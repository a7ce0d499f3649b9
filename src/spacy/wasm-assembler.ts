/** @file Just enough of an assembler for WebAssembly with 128-bit vectors: functions as nested arrays of bytes, no toolchain. */

/** Instructions, nested as they were put together. */
export type Code = readonly (number | Code)[];

/** Kinds of values. */
export const I32 = 0x7f;
export const F32 = 0x7d;
export const V128 = 0x7b;

export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly number[];
  /** Kind of every local after the parameters. */
  readonly locals: readonly number[];
  readonly body: Code;
}

/** A module that imports its memory as `env.memory` and exports `functions` (none returns a value). */
export function assembleModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map((entry) => [0x60, ...vector(entry.parameters.map((kind) => [kind])), 0x00]);
  const imports = [[...text("env"), ...text("memory"), 0x02, 0x00, 0x01]];
  const exports = functions.map((entry, index) => [...text(entry.name), 0x00, ...unsigned(index)]);
  const bodies = functions.map((entry) => {
    const locals = vector(entry.locals.map((kind) => [0x01, kind]));
    const body = [...locals, ...flatten(entry.body), 0x0b];
    return [...unsigned(body.length), ...body];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector(imports)),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(7, vector(exports)),
    ...section(10, vector(bodies)),
  ]);
}

function section(id: number, bytes: number[]): number[] {
  return [id, ...unsigned(bytes.length), ...bytes];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): number[] {
  return vector([...value].map((character) => [character.charCodeAt(0)]));
}

function flatten(code: Code): number[] {
  return code.flatMap((part) => (typeof part === "number" ? [part] : flatten(part)));
}

/** LEB128 of a natural number. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const low = rest & 0x7f;
    rest >>= 7;
    const last = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(last ? low : low | 0x80);
    if (last) return bytes;
  }
}

export const get = (local: number): Code => [0x20, unsigned(local)];
export const set = (local: number, value: Code): Code => [value, 0x21, unsigned(local)];
export const int = (value: number): Code => [0x41, signed(value)];
export const float = (value: number): Code => [0x43, [...new Uint8Array(Float32Array.of(value).buffer)]];

const binary =
  (opcode: Code) =>
  (left: Code, right: Code): Code => [left, right, opcode];
/** Opcodes of vectors: prefix 0xfd. */
const simd = (code: number): Code => [0xfd, unsigned(code)];

export const add = binary([0x6a]);
export const subtract = binary([0x6b]);
export const multiply = binary([0x6c]);
export const atLeast = binary([0x4f]);
export const floatAdd = binary([0x92]);
export const floatMultiply = binary([0x94]);
export const floatDivide = binary([0x95]);
export const squareRoot = (value: Code): Code => [value, 0x91];
export const toFloat = (value: Code): Code => [value, 0xb3];
export const vectorAdd = binary(simd(0xe4));
export const vectorSubtract = binary(simd(0xe5));
export const vectorMultiply = binary(simd(0xe6));
export const vectorMax = binary(simd(0xe9));
export const splat = (value: Code): Code => [value, simd(0x13)];
export const lane = (value: Code, index: number): Code => [value, simd(0x1f), index];
export const zeros = (): Code => splat(float(0));

/** Vector of four floats at `address + offset` (bytes). */
export const load = (address: Code, offset = 0): Code => [address, simd(0x00), 0x02, unsigned(offset)];
export const store = (address: Code, value: Code, offset = 0): Code => [
  address,
  value,
  simd(0x0b),
  0x02,
  unsigned(offset),
];
/** One float at `address + offset` in all four lanes. */
export const loadSplat = (address: Code, offset = 0): Code => [address, simd(0x09), 0x02, unsigned(offset)];
export const loadInt = (address: Code, offset = 0): Code => [address, 0x28, 0x02, unsigned(offset)];

/** Repeats `body` while `condition` holds at its end (at least once). */
export const repeatWhile = (condition: Code, body: Code): Code => [
  0x03,
  0x40,
  body,
  condition,
  0x0d,
  0x00,
  0x0b,
];
/** `body` when `condition` holds. */
export const when = (condition: Code, body: Code): Code => [condition, 0x04, 0x40, body, 0x0b];
/** `body` for as long as `condition` holds, tested first. */
export const loopWhile = (condition: Code, body: Code): Code => when(condition, repeatWhile(condition, body));
export const advance = (local: number, by: Code): Code => set(local, add(get(local), by));
