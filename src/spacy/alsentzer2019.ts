/**
 * @file What clinicalBERT's script puts around spaCy: sentence starts before the parser, de-identification placeholders as one word
 * after it (lm_pretraining/format_mimic_for_BERT.py:19-43).
 */

import type { ParsedText, Presetting, SpacyPipeline } from "./pipeline.js";
import { isTitleText } from "./python-text.js";
import { type EditableText, mergeWords, toEditable, wordsBetween } from "./retokenize.js";

/**
 * `sbd_component`: a title-case word after ".", and any word but "-" after "-", begins a sentence. The last two words of a
 * text are not looked at.
 */
export const presetSentences: Presetting = (words, _text, form, starts) => {
  for (let index = 0; index < words.count - 2; index++) {
    const { text } = form(index);
    if (text !== "." && text !== "-") continue;
    const next = form(index + 1).text;
    if (text === "." ? isTitleText(next) : next !== "-") starts[index + 1] = 1;
  }
};

/** `fix_deid_tokens`: every placeholder that begins and ends with words is merged, one after the other. */
export function mergePlaceholders(parse: ParsedText, layout: SpacyPipeline["layout"]): EditableText {
  const edit = toEditable(parse);
  for (const [start, end] of findPlaceholders(parse.text)) {
    const words = wordsBetween(edit, start, end);
    if (words !== null) mergeWords(edit, words[0], words[1], layout);
  }
  return edit;
}

const OPENING = "[**";
const CLOSING = "**]";
/** The first part of the script's pattern takes this many characters before the second looks for the end. */
const GREEDY = 15;

/**
 * Matches of `\[\*\*.{0,15}.*?\*\*\]` in linear time. The pattern takes up to 15 characters greedily, so of two short
 * placeholders on a line it matches from the start of the first to the end of the second: a quirk of the script.
 */
export function findPlaceholders(text: string): [start: number, end: number][] {
  const closings: number[] = [];
  for (let at = text.indexOf(CLOSING); at !== -1; at = text.indexOf(CLOSING, at + 1)) closings.push(at);
  const found: [number, number][] = [];
  let lineEnd = -1;
  for (let start = text.indexOf(OPENING); start !== -1; ) {
    const inside = start + OPENING.length;
    if (lineEnd < inside) lineEnd = endOfLine(text, inside);
    const closing = chooseClosing(closings, inside, Math.min(greedyEnd(text, inside), lineEnd), lineEnd);
    if (closing !== -1) found.push([start, closing + CLOSING.length]);
    start = text.indexOf(OPENING, closing === -1 ? start + 1 : closing + CLOSING.length);
  }
  return found;
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at === -1 ? text.length : at;
}

/** The end of the first 15 code points. */
function greedyEnd(text: string, from: number): number {
  let at = from;
  for (let taken = 0; taken < GREEDY && at < text.length; taken++)
    at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  return at;
}

/** The first closing at or after `greedy`, else the last one before it; both on the line. -1 for none. */
function chooseClosing(closings: readonly number[], inside: number, greedy: number, lineEnd: number): number {
  let [low, high] = [0, closings.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (closings[middle]! < greedy) low = middle + 1;
    else high = middle;
  }
  const after = closings[low] ?? -1;
  if (after !== -1 && after < lineEnd) return after;
  const before = closings[low - 1] ?? -1;
  return before >= inside && before < lineEnd ? before : -1;
}
