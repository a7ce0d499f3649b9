/** @file The WebAssembly instructions in use, as functions from the code of their operands to code. */

/** Encoded instructions: an expression leaves one value on the stack, a statement none. */
export type Code = readonly number[];

/** LEB128 of an unsigned number below 2³². */
export function unsigned(value: number): number[] {
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

/** LEB128 of the signed number whose low 64 bits are those of `value`. */
function signedLong(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asIntN(64, value);
  while (rest < -0x40n || rest > 0x3fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return [...bytes, Number(rest & 0x7fn)];
}

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
  sub: instruction([0x6b]),
  mul: instruction([0x6c]),
  and: instruction([0x71]),
  or: instruction([0x72]),
  xor: instruction([0x73]),
  leadingZeros: instruction([0x67]),
  trailingZeros: instruction([0x68]),
  shl: instruction([0x74]),
  shiftRight: instruction([0x76]),
  /** Keeps the sign. */
  shiftRightSigned: instruction([0x75]),
  /** Of numbers without sign, like `atLeast`. */
  lessThan: instruction([0x49]),
  lessThanSigned: instruction([0x48]),
  atLeast: instruction([0x4f]),
  equal: instruction([0x46]),
  notEqual: instruction([0x47]),
  isZero: instruction([0x45]),
  /** `whenTrue` if `condition` is not 0, else `whenFalse`; both are evaluated. */
  select: (condition: Code, whenTrue: Code, whenFalse: Code): Code => [
    ...whenTrue,
    ...whenFalse,
    ...condition,
    0x1b,
  ],
  load: (address: Code, offset = 0): Code => [...address, ...memory([0x28], 2, offset)],
  /** One byte, without sign. */
  loadByte: (address: Code, offset = 0): Code => [...address, ...memory([0x2d], 0, offset)],
  /** Two bytes, without sign. */
  loadHalf: (address: Code, offset = 0): Code => [...address, ...memory([0x2f], 1, offset)],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...memory([0x36], 2, offset),
  ],
  storeByte: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...memory([0x3a], 0, offset),
  ],
  storeHalf: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...memory([0x3b], 1, offset),
  ],
};

export const i64 = {
  load: (address: Code, offset = 0): Code => [...address, ...memory([0x29], 3, offset)],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...memory([0x37], 3, offset),
  ],
  add: instruction([0x7c]),
  sub: instruction([0x7d]),
  mul: instruction([0x7e]),
  and: instruction([0x83]),
  or: instruction([0x84]),
  xor: instruction([0x85]),
  shl: instruction([0x86]),
  const: (value: number | bigint): Code => [0x42, ...signedLong(BigInt(value))],
  shiftRight: instruction([0x88]),
  /** How many bits are 1. */
  bitCount: instruction([0x7b]),
  /** Of an i32 without sign. */
  fromUnsigned: instruction([0xad]),
  /** The lower half as i32. */
  low: instruction([0xa7]),
};

export const f32 = {
  const: (value: number): Code => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)],
  sqrt: instruction([0x91]),
  add: instruction([0x92]),
  div: instruction([0x95]),
  /** The float32 next to an i32 without sign. */
  fromUnsigned: instruction([0xb3]),
};

export const v128 = {
  load: (address: Code, offset = 0): Code => [...address, ...memory(simd(0x00), 4, offset)],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...memory(simd(0x0b), 4, offset),
  ],
  const: (bytes: ArrayLike<number>): Code => [...simd(0x0c), ...Array.from(bytes)],
  and: instruction(simd(0x4e)),
  or: instruction(simd(0x50)),
  xor: instruction(simd(0x51)),
  /** 1 if a bit is 1. */
  anyTrue: instruction(simd(0x53)),
};

export const i8x16 = {
  splat: instruction(simd(0x0f)),
  /** Of numbers without sign, −1 where it holds, else 0. */
  lessThan: instruction(simd(0x26)),
  /** The upper bits of the lanes, the first one lowest. */
  bitmask: instruction(simd(0x64)),
  add: instruction(simd(0x6e)),
  sub: instruction(simd(0x71)),
};

export const i16x8 = {
  splat: instruction(simd(0x10)),
  add: instruction(simd(0x8e)),
};

export const i64x2 = {
  /** Lane `index` (0, 1) as i64. */
  lane: (value: Code, index: number): Code => [...value, ...simd(0x1d), index],
};

export const i32x4 = {
  const: (lanes: readonly [number, number, number, number]): Code => [
    ...simd(0x0c),
    ...new Uint8Array(Int32Array.from(lanes).buffer),
  ],
  splat: instruction(simd(0x11)),
  shl: instruction(simd(0xab)),
  /** Keeps the sign. */
  shiftRightSigned: instruction(simd(0xac)),
  shiftRight: instruction(simd(0xad)),
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
  /** One float32 of memory in all four lanes. */
  loadSplat: (address: Code, offset = 0): Code => [...address, ...memory(simd(0x09), 2, offset)],
  /** Lane `index` (0–3) as f32. */
  lane: (value: Code, index: number): Code => [...value, ...simd(0x1f), index],
  sqrt: instruction(simd(0xe3)),
  add: instruction(simd(0xe4)),
  sub: instruction(simd(0xe5)),
  mul: instruction(simd(0xe6)),
  div: instruction(simd(0xe7)),
  max: instruction(simd(0xe9)),
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

/** Repeats `body` while neither condition is 0; each is a branch of its own. */
export function doWhileBoth(body: readonly Code[], first: Code, second: Code): Code {
  return [0x03, 0x40, ...body.flat(), ...first, 0x04, 0x40, ...second, 0x0d, 0x01, 0x0b, 0x0b];
}

/** Runs `body` if the expression `condition` is not 0, else `otherwise`. */
export function either(condition: Code, body: readonly Code[], otherwise: readonly Code[]): Code {
  return [...condition, 0x04, 0x40, ...body.flat(), 0x05, ...otherwise.flat(), 0x0b];
}

/** Runs `body` if the expression `condition` is not 0. */
export function when(condition: Code, body: readonly Code[]): Code {
  return [...condition, 0x04, 0x40, ...body.flat(), 0x0b];
}

/** Repeats `body` for as long as the expression `condition`, tested first, is not 0. */
export function whileDo(condition: Code, body: readonly Code[]): Code {
  return when(condition, [doWhile(body, condition)]);
}
