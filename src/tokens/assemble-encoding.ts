/** @file Puts windows of one or two tokenized texts together with their special tokens, and pads. */
import type { Span } from "../notes/span.js";
import type { Encoding } from "./encoding.js";
import type { Window } from "./truncation.js";

/** Tokens of one text, special tokens not among them. */
export interface EncodedText {
  readonly ids: Int32Array;
  readonly wordIds: Int32Array;
  readonly spans: readonly Span[];
}

export interface AssembleOptions {
  readonly tokens: readonly string[];
  /** `null`: no special tokens are added. */
  readonly classificationId: number | null;
  readonly separatorId: number | null;
}

/** The first windows as the encoding, every other combination in `overflowing` (order of `Encoding::merge_with`). */
export function assembleEncoding(
  texts: readonly EncodedText[],
  windows: readonly (readonly Window[])[],
  options: AssembleOptions,
): Encoding {
  const [firsts, seconds] = windows as [readonly Window[], (readonly Window[])?];
  const combinations: (readonly Window[])[] = [];
  for (const first of [...firsts.slice(1), firsts[0]!])
    for (const second of seconds ?? [null]) {
      if (first === firsts[0] && second === (seconds?.[0] ?? null)) continue;
      combinations.push(second === null ? [first] : [first, second]);
    }
  const overflowing = combinations.map((combination) => joinWindows(texts, combination, options, []));
  return joinWindows(
    texts,
    windows.map((each) => each[0]!),
    options,
    overflowing,
  );
}

function joinWindows(
  texts: readonly EncodedText[],
  windows: readonly Window[],
  options: AssembleOptions,
  overflowing: readonly Encoding[],
): Encoding {
  const specials = options.classificationId === null ? 0 : texts.length + 1;
  const length = windows.reduce((sum, [start, end]) => sum + end - start, specials);
  const encoding = blankEncoding(length, overflowing);
  let at = 0;
  const putSpecial = (id: number | null, type: number): void => {
    if (id === null) return;
    encoding.ids[at] = id;
    encoding.typeIds[at] = type;
    encoding.specialTokensMask[at] = 1;
    at += 1;
  };
  putSpecial(options.classificationId, 0);
  for (let text = 0; text < texts.length; text++) {
    const { ids, wordIds, spans } = texts[text]!;
    const [start, end] = windows[text]!;
    encoding.ids.set(ids.subarray(start, end), at);
    encoding.wordIds.set(wordIds.subarray(start, end), at);
    encoding.typeIds.fill(text, at, at + end - start);
    for (let index = start; index < end; index++) encoding.spans[at++] = spans[index]!;
    putSpecial(options.separatorId, text);
  }
  for (let index = 0; index < length; index++) encoding.tokens[index] = options.tokens[encoding.ids[index]!]!;
  return encoding;
}

function blankEncoding(length: number, overflowing: readonly Encoding[]) {
  return {
    ids: new Int32Array(length),
    tokens: new Array<string>(length).fill(""),
    typeIds: new Uint8Array(length),
    attentionMask: new Uint8Array(length).fill(1),
    specialTokensMask: new Uint8Array(length),
    spans: new Array<Span | null>(length).fill(null),
    wordIds: new Int32Array(length).fill(-1),
    overflowing,
  };
}

export interface Padding {
  readonly id: number;
  readonly token: string;
  readonly side: "right" | "left";
}

/** `encoding` and what overflows from it, padded to `length` where they are shorter. */
export function padEncoding(encoding: Encoding, length: number, padding: Padding): Encoding {
  const overflowing = encoding.overflowing.map((each) => padEncoding(each, length, padding));
  const present = encoding.ids.length;
  if (present >= length) return { ...encoding, overflowing };
  const padded = blankEncoding(length, overflowing);
  const at = padding.side === "left" ? length - present : 0;
  padded.ids.fill(padding.id);
  padded.tokens.fill(padding.token);
  padded.attentionMask.fill(0);
  padded.specialTokensMask.fill(1);
  padded.ids.set(encoding.ids, at);
  padded.typeIds.set(encoding.typeIds, at);
  padded.attentionMask.set(encoding.attentionMask, at);
  padded.specialTokensMask.set(encoding.specialTokensMask, at);
  padded.wordIds.set(encoding.wordIds, at);
  for (let index = 0; index < present; index++) {
    padded.tokens[at + index] = encoding.tokens[index]!;
    padded.spans[at + index] = encoding.spans[index]!;
  }
  return padded;
}
