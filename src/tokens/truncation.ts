/** @file How many tokens of each text are kept, and the windows into which the rest falls (tokenizers: utils/truncation.rs, encoding.rs). */
import { ClinicalBertError } from "../errors.js";

export type TruncationStrategy = "longest_first" | "only_first" | "only_second";

export interface TruncationOptions {
  /** Tokens of a window, special tokens included. */
  readonly maxLength: number;
  /** `longest_first` (default) shortens the longer text, both where that is not enough; the others one text only. */
  readonly strategy?: TruncationStrategy;
  /** Tokens that each window repeats of the one before. Default 0. */
  readonly stride?: number;
  /** The side on which tokens are cut off. Default `right`. */
  readonly side?: "right" | "left";
}

/** Half-open range of token indices of one text. */
export type Window = readonly [start: number, end: number];

/**
 * The windows of each text: the first is kept, the others overflow.
 * @param lengths tokens of the first and, for a pair, of the second text
 * @param specials special tokens that will be added to every window
 * @throws `TRUNCATION_IMPOSSIBLE` when the named text is too short to give up enough, or `stride` leaves no progress
 */
export function planWindows(
  lengths: readonly number[],
  specials: number,
  options: TruncationOptions | null,
): readonly (readonly Window[])[] {
  if (options === null) return lengths.map((length) => [[0, length]]);
  const room = options.maxLength - specials;
  const excess = lengths.reduce((sum, length) => sum + length, 0) - room;
  if (excess <= 0) return lengths.map((length) => [[0, length]]);
  const kept = keptLengths(lengths, room, excess, options);
  return lengths.map((length, text) => windowsOf(length, kept[text]!, options));
}

function keptLengths(
  lengths: readonly number[],
  room: number,
  excess: number,
  options: TruncationOptions,
): readonly number[] {
  const strategy = options.strategy ?? "longest_first";
  if (room <= 0) throw impossible(`maxLength ${options.maxLength} leaves no room beside the special tokens.`);
  const [first = 0, second] = lengths;
  if (strategy === "longest_first") return second === undefined ? [room] : splitRoom(first, second, room);
  const target = strategy === "only_first" ? 0 : 1;
  const length = lengths[target];
  if (length === undefined || length <= excess)
    throw impossible(
      `Strategy ${strategy} would have to cut ${excess} tokens off a text of ${length ?? 0} (maxLength ${options.maxLength}).`,
    );
  return lengths.map((each, text) => (text === target ? each - excess : each));
}

function splitRoom(first: number, second: number, room: number): readonly number[] {
  let shorter = Math.min(first, second);
  let longer = shorter > room ? shorter : Math.max(shorter, room - shorter);
  if (shorter + longer > room) {
    shorter = Math.floor(room / 2);
    longer = shorter + (room % 2);
  }
  return first > second ? [longer, shorter] : [shorter, longer];
}

function windowsOf(length: number, kept: number, options: TruncationOptions): Window[] {
  if (length <= kept) return [[0, length]];
  if (kept === 0)
    return [
      [0, 0],
      [0, length],
    ];
  const stride = options.stride ?? 0;
  if (stride >= kept)
    throw impossible(
      `A stride of ${stride} in windows of ${kept} tokens would never reach the end of the text.`,
    );
  const windows: Window[] = [];
  if (options.side === "left")
    for (let end = length; ; end -= kept - stride) {
      const start = Math.max(0, end - kept);
      windows.push([start, end]);
      if (start === 0) return windows;
    }
  for (let start = 0; ; start += kept - stride) {
    const end = Math.min(length, start + kept);
    windows.push([start, end]);
    if (end === length) return windows;
  }
}

function impossible(message: string): ClinicalBertError {
  return new ClinicalBertError("TRUNCATION_IMPOSSIBLE", message);
}
