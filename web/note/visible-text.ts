/** @file Characters that would not be seen, or would move others, get a sign in their place: one unit for one, so offsets hold. */

const CONTROL_PICTURES = 0x2400;
const DELETE_PICTURE = "\u2421";
/** Stands for marks and overrides of writing direction. */
export const DIRECTION_SIGN = "\u21C4";
/** Stands for other characters of no width. */
export const NO_WIDTH_SIGN = "\u00A4";

const HIDDEN = /[\0-\x08\x0B-\x1F\x7F-\x9F\u00AD\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g;

/** `text` as it is shown. Line feeds, tabs and all that is written stay; the length is the same. */
export function visibleText(text: string): string {
  return text.replace(HIDDEN, signOf);
}

function signOf(character: string): string {
  const code = character.charCodeAt(0);
  if (character === "\r") return " ";
  if (code < 0x20) return String.fromCharCode(CONTROL_PICTURES + code);
  if (code === 0x7f) return DELETE_PICTURE;
  if (code === 0x200e || code === 0x200f || code === 0x61c) return DIRECTION_SIGN;
  if ((code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)) return DIRECTION_SIGN;
  return NO_WIDTH_SIGN;
}
