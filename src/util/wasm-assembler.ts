/**
 * @file A very small WebAssembly assembler: functions are written as TypeScript expressions and become bytes when a module
 * is loaded, so that SIMD kernels need neither a toolchain nor binary files. Only the instructions in use are here.
 */
import { internalError } from "../errors.js";

/** Encoded instructions: an expression leaves one value on the stack, a statement none. */
export type Code = readonly number[];

const VALUE_TYPES = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;
export type ValueType = keyof typeof VALUE_TYPES;

/** LEB128 of an unsigned number below 2³². */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return [...bytes, rest];
}

/** LEB128 of the signed number whose low 32 bits are those of `value`. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  while (rest < -0x40 || rest > 0x3f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  return [...bytes, rest & 0x7f];
}

const vector = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
const text = (value: string): number[] => vector(Array.from(value, (c) => [c.charCodeAt(0)]));
const section = (id: number, body: Code): number[] => [id, ...unsigned(body.length), ...body];

const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
/** An instruction on operands that are expressions. */
const instruction =
  (opcode: Code) =>
  (...operands: readonly Code[]): Code => [...operands.flat(), ...opcode];
/** Memory operand: alignment 2^`align` is a hint, `offset` is added to the address. */
const memory = (opcode: Code, align: number, offset: number): Code => [
  ...opcode,
  ...unsigned(align),
  ...unsigned(offset),
];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  add: instruction([0x6a]),
  and: instruction([0x71]),
  shl: instruction([0x74]),
  shiftRight: instruction([0x76]),
  lessThan: instruction([0x49]),
  equal: instruction([0x46]),
  /** `whenTrue` if `condition` is not 0, else `whenFalse`; both are evaluated. */
  select: (condition: Code, whenTrue: Code, whenFalse: Code): Code => [
    ...whenTrue,
    ...whenFalse,
    ...condition,
    0x1b,
  ],
  load: (address: Code, offset = 0): Code => [...address, ...memory([0x28], 2, offset)],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...memory([0x36], 2, offset),
  ],
};

export const v128 = {
  load: (address: Code, offset = 0): Code => [...address, ...memory(simd(0x00), 4, offset)],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...memory(simd(0x0b), 4, offset),
  ],
  xor: instruction(simd(0x51)),
};

export const i32x4 = {
  const: (lanes: readonly [number, number, number, number]): Code => [
    ...simd(0x0c),
    ...new Uint8Array(Int32Array.from(lanes).buffer),
  ],
  splat: instruction(simd(0x11)),
  add: instruction(simd(0xae)),
  /** The four lanes named by `picks`: 0–3 of `a`, 4–7 of `b`. */
  shuffle: (a: Code, b: Code, picks: readonly [number, number, number, number]): Code => [
    ...a,
    ...b,
    ...simd(0x0d),
    ...picks.flatMap((pick) => [4 * pick, 4 * pick + 1, 4 * pick + 2, 4 * pick + 3]),
  ],
  /** Unsigned 64-bit products of the lower (upper) two lanes. */
  multiplyLow: instruction(simd(0xde)),
  multiplyHigh: instruction(simd(0xdf)),
};

export const f32x4 = {
  splat: instruction(simd(0x13)),
  sqrt: instruction(simd(0xe3)),
  add: instruction(simd(0xe4)),
  sub: instruction(simd(0xe5)),
  mul: instruction(simd(0xe6)),
  div: instruction(simd(0xe7)),
};

export const f64x2 = {
  add: instruction(simd(0xf0)),
  mul: instruction(simd(0xf2)),
  /** Two consecutive float32 of memory as float64. */
  loadFloat32: (address: Code, offset = 0): Code => [
    ...address,
    ...memory(simd(0x5d), 3, offset),
    ...simd(0x5f),
  ],
};

/** Repeats `body` while the expression `condition` is not 0; the body runs at least once. */
export function doWhile(body: readonly Code[], condition: Code): Code {
  return [0x03, 0x40, ...body.flat(), ...condition, 0x0d, 0x00, 0x0b];
}

/** Runs `body` if the expression `condition` is not 0. */
export function when(condition: Code, body: readonly Code[]): Code {
  return [...condition, 0x04, 0x40, ...body.flat(), 0x0b];
}

export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

/** A function without a result: `parameters` in order, then the locals that `build` asks for. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  build(parameters: readonly Local[], local: (type: ValueType) => Local): readonly Code[];
}

function localAt(index: number): Local {
  return {
    get: [0x20, ...unsigned(index)],
    set: (value) => [...value, 0x21, ...unsigned(index)],
  };
}

function functionBody({ parameters, build }: WasmFunction): number[] {
  const locals: Code[] = [];
  const code = build(
    parameters.map((_, index) => localAt(index)),
    (type) => localAt(parameters.length + locals.push([1, VALUE_TYPES[type]]) - 1),
  );
  const body = [...vector(locals), ...code.flat(), 0x0b];
  return [...unsigned(body.length), ...body];
}

export interface WasmInstance {
  /** The memory, from its first byte; a new buffer after `reserve`. */
  readonly buffer: ArrayBuffer;
  /** Grows the memory to at least `bytes`. */
  reserve(bytes: number): void;
  readonly functions: Readonly<Record<string, (...values: number[]) => void>>;
}

const PAGE_BYTES = 65_536;

/** The part of the JavaScript API that is used: TypeScript has it in its browser library alone. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Record<string, unknown> };
}
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Assembles `functions` into one module with a memory of its own of at least `bytes`, and starts it. */
export function instantiate(functions: readonly WasmFunction[], bytes: number): WasmInstance {
  const types = functions.map(({ parameters }) => [
    0x60,
    ...vector(parameters.map((type) => [VALUE_TYPES[type]])),
    0,
  ]);
  const names = functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]);
  const binary = [
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(5, vector([[0x00, ...unsigned(Math.ceil(bytes / PAGE_BYTES))]])),
    ...section(7, vector([...names, [...text("memory"), 0x02, 0x00]])),
    ...section(10, vector(functions.map(functionBody))),
  ];
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(binary)));
  const memoryExport = exports["memory"] as WasmMemory;
  return {
    get buffer() {
      return memoryExport.buffer;
    },
    reserve(needed) {
      const missing = needed - memoryExport.buffer.byteLength;
      if (missing > 0 && memoryExport.grow(Math.ceil(missing / PAGE_BYTES)) < 0)
        throw internalError(`a WebAssembly memory of ${needed} bytes could not be had.`);
    },
    functions: exports as WasmInstance["functions"],
  };
}
