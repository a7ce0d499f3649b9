/** @file Where things lie in the memory of the instance kernel, and what it is told at its start. */
import { CRC_TABLES_BYTES } from "../../util/crc32c-kernel.js";
import { type ShuffledRow, type TwisterPlaces, twisterPlaces } from "../../util/mt19937-kernels.js";
import { type IdBytes, RECORD_HEADER_BYTES, recordBytes } from "../instance-record.js";
import type { InstanceSource } from "../instance-maker.js";
import type { InstanceSettings } from "../settings.js";
import type { OrderLayout } from "./ordered-code.js";

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
  "planned",
  "out",
  "instances",
  "tokens",
  "randomNext",
  "maskedTokens",
  "replacedByMask",
  "replacedByRandom",
  /** What was read ahead, mixed: it is kept only so that it is read. */
  "fetched",
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

/** What is known of an instance before its tokens are read; `i32` before `u16` in its plan. */
export const PLAN_WORDS = ["firstStart", "firstPlace", "secondStart", "secondPlace"] as const;
export const PLAN_HALVES = ["first", "second", "isRandomNext", "count"] as const;
export type PlanName = (typeof PLAN_WORDS)[number] | (typeof PLAN_HALVES)[number];
/** Instances are planned up to so many at a time, so that the processor fetches the tokens of all of them at once. */
export const PLANS = 16;

export interface PlanPlaces {
  /** `PLANS` of them. */
  readonly at: number;
  /** Bytes of a plan: `PLAN_WORDS`, `PLAN_HALVES`, the positions to mask in the order in which they were drawn, as wide as candidates, what comes there. */
  readonly bytes: number;
  readonly positions: number;
  readonly replacements: number;
  /** Bytes of a replacement: 2 if there is a number below 2¹⁶ that is no id. */
  readonly replacementBytes: IdBytes;
}

/** Plans that are kept in place of records, and what makes these in another order. */
export interface KeptPlans extends OrderLayout {
  readonly room: number;
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
  /** u64[…]: one bit for each masked position; u32 for each word of them: how many are before it. */
  readonly marks: number;
  readonly marksBefore: number;
  /** uint8[V]: 1 for a token that continues a word. */
  readonly continues: number;
  /** Of the document in each place of the shuffled order, u32[2 · D]: its first sentence and the one behind its last; u64[D]: its first token. */
  readonly sentenceRanges: number;
  readonly firstTokens: number;
  readonly sentences: RowPlaces;
  readonly tokens: RowPlaces;
  readonly plans: PlanPlaces;
  readonly scratch: number;
  readonly kept: KeptPlans;
  /** Two pieces: one is filled while the other is written. */
  readonly pieces: readonly [number, number];
  readonly end: number;
}

function planOf(
  { maxPredictions, maxLength }: InstanceSettings,
  vocabularySize: number,
): Omit<PlanPlaces, "at"> {
  const most = Math.min(maxPredictions, maxLength);
  const replacementBytes = vocabularySize < 0x10000 ? 2 : 4;
  const positions = 4 * PLAN_WORDS.length + 2 * PLAN_HALVES.length;
  const listed = positions + positionBytes(maxLength) * most;
  const replacements = Math.ceil(listed / replacementBytes) * replacementBytes;
  const bytes = Math.ceil((replacements + replacementBytes * most) / 4) * 4;
  return { bytes, positions, replacements, replacementBytes };
}

/** Bytes of a plan. */
export function planBytes(settings: InstanceSettings, vocabularySize: number): number {
  return planOf(settings, vocabularySize).bytes;
}

/** Of a position in an instance. */
function positionBytes(maxLength: number): 1 | 2 {
  return maxLength <= BYTE_POSITIONS ? 1 : 2;
}

/** @param keptBytes of plans that are kept */
export function layoutOf(
  { store, documents, settings, vocabulary }: InstanceSource,
  keptBytes: number,
): KernelLayout {
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
  const piece = (): number =>
    take(PIECE_BYTES + PLANS * recordBytes(maxLength, maxPredictions, idBytes) + SLACK);
  const plan = planOf(settings, vocabulary.size);
  const room = Math.floor(keptBytes / plan.bytes);
  const places = {
    idBytes,
    twister,
    crcTables: take(CRC_TABLES_BYTES),
    state: take(4 * STATE.length),
    histogram: take(4 * ((maxLength >>> HISTOGRAM_BITS) + 1)),
    wanted: take(4 * (maxLength + 1)),
    candidates: { at: take(4 * maxLength + SLACK), bytes: positionBytes(maxLength) } as const,
    wordEnds: take(4 * (maxLength + 1)),
    marks: take(8 * ((maxLength >>> 6) + 1)),
    marksBefore: take(4 * ((maxLength >>> 6) + 1)),
    continues: take(vocabulary.size),
    sentenceRanges: take(8 * documents.length),
    firstTokens: take(8 * documents.length),
    plans: { ...plan, at: take(PLANS * plan.bytes) },
    // A record is made here when its masks depend on its tokens.
    scratch: take(recordBytes(maxLength, maxPredictions, idBytes) + SLACK),
    kept: {
      room,
      fetchedBytes: plan.bytes,
      records: take(room * plan.bytes),
      offsets: take(4 * room),
      lengths: take((4 * PIECE_BYTES) / RECORD_HEADER_BYTES + 4),
      state: take(16),
    },
    sentences: row(store.sentenceStarts.size),
    tokens: row(store.tokens.size),
    pieces: [piece(), piece()] as const,
  };
  return { ...places, end };
}
