/** @file Character classes, lower case and canonical decompositions of one named Unicode version, unpacked from generated strings. */
import { internalError } from "../errors.js";

/** The generated form: ranges and mappings as short strings, numbers in base 36, each a gap from the end of the one before. */
export interface EncodedUnicodeTables {
  readonly source: string;
  /** `gap LETTER length-1`: S space, D dropped, B dropped or else space, P punctuation, C CJK. */
  readonly classes: string;
  /** `gap :class: length-1`: canonical combining class where it is not 0. */
  readonly combining: string;
  /** `gap M length-1`: category Mn. */
  readonly nonspacing: string;
  /** `gap I|U length-1`: I skipped when a final sigma is looked for, U cased. */
  readonly sigma: string;
  /** `gap=target.target` or `gap±delta*count/stride`. */
  readonly lower: string;
  readonly decompose: string;
}

/** Low three bits of `UnicodeTables.flags`. */
export const WORD = 0;
export const SPACE = 1;
export const DROPPED = 2;
/** Dropped by the cleaning; a space where there is no cleaning (U+000B, U+0085 …). */
export const DROPPED_SPACE = 3;
export const PUNCTUATION = 4;
export const CJK = 5;
export const CLASS_MASK = 7;
/** Further bits. */
export const NONSPACING = 8;
export const CASE_IGNORABLE = 16;
export const CASED = 32;
/** Has a combining class above 0. */
export const COMBINING = 64;
/** Has a lower case or a decomposition. */
export const MAPPED = 128;

export interface UnicodeTables {
  readonly source: string;
  /** uint8[0x110000]: class and bits of every code point. */
  readonly flags: Uint8Array;
  readonly combining: ReadonlyMap<number, number>;
  readonly lower: ReadonlyMap<number, readonly number[]>;
  /** Full canonical decompositions; Hangul syllables are computed instead. */
  readonly decompose: ReadonlyMap<number, readonly number[]>;
}

export const CODE_POINTS = 0x110000;
const LETTER_BITS: Readonly<Record<string, number>> = {
  S: SPACE,
  D: DROPPED,
  B: DROPPED_SPACE,
  P: PUNCTUATION,
  C: CJK,
  M: NONSPACING,
  I: CASE_IGNORABLE,
  U: CASED,
};
const unpacked = new WeakMap<EncodedUnicodeTables, UnicodeTables>();

/** Unpacks once per process. */
export function unpackUnicodeTables(encoded: EncodedUnicodeTables): UnicodeTables {
  let tables = unpacked.get(encoded);
  if (tables === undefined) {
    tables = unpack(encoded);
    unpacked.set(encoded, tables);
  }
  return tables;
}

function unpack(encoded: EncodedUnicodeTables): UnicodeTables {
  const flags = new Uint8Array(CODE_POINTS);
  const combining = new Map<number, number>();
  for (const text of [encoded.classes, encoded.nonspacing, encoded.sigma])
    eachRange(text, (start, end, letter) => {
      const bits = LETTER_BITS[letter] ?? 0;
      for (let point = start; point < end; point++) flags[point]! |= bits;
    });
  eachRange(encoded.combining, (start, end, value) => {
    for (let point = start; point < end; point++) {
      flags[point]! |= COMBINING;
      combining.set(point, Number(value));
    }
  });
  const lower = unpackMappings(encoded.lower);
  const decompose = unpackMappings(encoded.decompose);
  for (const point of [...lower.keys(), ...decompose.keys()]) flags[point]! |= MAPPED;
  for (let point = HANGUL_START; point < HANGUL_END; point++) flags[point]! |= MAPPED;
  return { source: encoded.source, flags, combining, lower, decompose };
}

function eachRange(text: string, visit: (start: number, end: number, value: string) => void): void {
  let last = 0;
  if (text === "") return;
  for (const part of text.split(" ")) {
    const match = /^([0-9a-z]+)(?:([A-Z])|:(\d+):)([0-9a-z]*)$/.exec(part);
    if (match === null) throw internalError("a generated Unicode range is malformed", { part });
    const start = last + Number.parseInt(match[1]!, 36);
    last = start + Number.parseInt(match[4] || "0", 36) + 1;
    visit(start, last, match[2] ?? match[3]!);
  }
}

function unpackMappings(text: string): Map<number, readonly number[]> {
  const mappings = new Map<number, readonly number[]>();
  let last = 0;
  for (const part of text.split(" ")) {
    const single = /^([0-9a-z]+)=([0-9a-z.]+)$/.exec(part);
    const run = /^([0-9a-z]+)([+-])([0-9a-z]+)\*([0-9a-z]+)(\/2)?$/.exec(part);
    if (single !== null) {
      last += Number.parseInt(single[1]!, 36);
      mappings.set(
        last++,
        single[2]!.split(".").map((number) => Number.parseInt(number, 36)),
      );
    } else if (run !== null) {
      const stride = run[5] === undefined ? 1 : 2;
      const delta = Number.parseInt(run[3]!, 36) * (run[2] === "+" ? 1 : -1);
      last += Number.parseInt(run[1]!, 36);
      for (let left = Number.parseInt(run[4]!, 36); left > 0; left--, last += stride)
        mappings.set(last, [last + delta]);
      last += 1 - stride;
    } else throw internalError("a generated Unicode mapping is malformed", { part });
  }
  return mappings;
}

const HANGUL_START = 0xac00;
const HANGUL_END = 0xd7a4;

/** The full canonical decomposition of `point`; `null` when it stands for itself (Unicode 3.12 for Hangul). */
export function decompositionOf(tables: UnicodeTables, point: number): readonly number[] | null {
  if (point >= HANGUL_START && point < HANGUL_END) {
    const index = point - HANGUL_START;
    const leading = 0x1100 + Math.floor(index / 588);
    const vowel = 0x1161 + Math.floor((index % 588) / 28);
    const trailing = index % 28;
    return trailing === 0 ? [leading, vowel] : [leading, vowel, 0x11a7 + trailing];
  }
  return tables.decompose.get(point) ?? null;
}
