/** @file Where things lie in the memory of the instance kernel, and what it is told at its start. */
import { CRC_TABLES_BYTES } from "../../util/crc32c-kernel.js";
import { type ShuffledRow, type TwisterPlaces, twisterPlaces } from "../../util/mt19937-kernels.js";
import { type IdBytes, recordBytes } from "../instance-record.js";
import type { InstanceSource } from "../instance-maker.js";

/** [CLS], [SEP], [SEP]. */
export const SPECIALS = 3;
/** Rows that do not fit are read in pages of this size. */
export const PAGE_BITS = 13;
export const PAGE_BYTES = 1 << PAGE_BITS;
export const PAGE_NUMBER_BYTES = 4;
/** Records are copied sixteen bytes at a time: the last step may go beyond the end. */
export const SLACK = 16;
/** Records are handed out in pieces of about this many bytes. */
export const PIECE_BYTES = 1 << 20;
export const HISTOGRAM_BITS = 4;
/** Instances of up to this length have positions of one byte. */
const BYTE_POSITIONS = 256;

/** i32 of the state of a run, in this order from `state` on. */
export const STATE = [
  "next",
  "place",
  "sentence",
  "end",
  "target",
  "out",
  "instances",
  "tokens",
  "randomNext",
  "maskedTokens",
  "replacedByMask",
  "replacedByRandom",
] as const;
export type StateName = (typeof STATE)[number];

/** A row of numbers: all of it in memory, or a direct-mapped cache of pages. */
export interface RowPlaces {
  readonly bytes: number;
  /** `null` when all of the row is at `bytes`; else the number of the page that each slot holds. */
  readonly held: number | null;
  /** Power of two; a page k is kept in slot k mod slots. */
  readonly slots: number;
}

/** Bytes from the beginning of the memory. */
export interface KernelLayout {
  readonly idBytes: IdBytes;
  readonly twister: TwisterPlaces;
  readonly crcTables: number;
  readonly state: number;
  readonly histogram: number;
  /** u32[S + 1]: masked tokens of an instance of so many tokens. */
  readonly wanted: number;
  /** Positions that may be masked, S of them; with whole words, of their first pieces. */
  readonly candidates: ShuffledRow;
  /** i32[S + 1]: first position behind the word that begins at a position. */
  readonly wordEnds: number;
  /** One bit for each masked position, and i32[S] what stood there. */
  readonly marks: number;
  readonly originals: number;
  /** uint8[V]: 1 for a token that continues a word. */
  readonly continues: number;
  /** u32[D]: the document in each place of the shuffled order; u32[D + 1] and u64[D + 1]: where documents begin. */
  readonly order: number;
  readonly documentSentences: number;
  readonly documentTokens: number;
  readonly sentences: RowPlaces;
  readonly tokens: RowPlaces;
  /** Two pieces: one is filled while the other is written. */
  readonly pieces: readonly [number, number];
  readonly end: number;
}

export function layoutOf({ store, documents, settings, vocabulary }: InstanceSource): KernelLayout {
  const { maxLength, maxPredictions } = settings;
  const { idBytes } = store;
  const twister = twisterPlaces(0);
  let end = twister.end;
  const take = (bytes: number): number => {
    const at = end;
    end = Math.ceil((end + bytes) / SLACK) * SLACK;
    return at;
  };
  const row = (size: number): RowPlaces => {
    if (size <= store.memory) return { held: null, slots: 0, bytes: take(size + SLACK) };
    const slots = 2 ** Math.max(0, Math.floor(Math.log2(store.memory / PAGE_BYTES)));
    return { held: take(PAGE_NUMBER_BYTES * slots), slots, bytes: take(slots * PAGE_BYTES + SLACK) };
  };
  const piece = (): number => take(PIECE_BYTES + recordBytes(maxLength, maxPredictions, idBytes) + SLACK);
  const places = {
    idBytes,
    twister,
    crcTables: take(CRC_TABLES_BYTES),
    state: take(4 * STATE.length),
    histogram: take(4 * ((maxLength >>> HISTOGRAM_BITS) + 1)),
    wanted: take(4 * (maxLength + 1)),
    candidates: { at: take(2 * maxLength + SLACK), bytes: maxLength <= BYTE_POSITIONS ? 1 : 2 } as const,
    wordEnds: take(4 * (maxLength + 1)),
    marks: take((maxLength >>> 3) + 4),
    originals: take(4 * maxLength),
    continues: take(vocabulary.size),
    order: take(4 * documents.length),
    documentSentences: take(4 * store.documents.sentences.length),
    documentTokens: take(4 * store.documents.tokenHalves.length),
    sentences: row(store.sentenceStarts.size),
    tokens: row(store.tokens.size),
    pieces: [piece(), piece()] as const,
  };
  return { ...places, end };
}
