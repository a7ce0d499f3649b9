/** @file The outer form of a note: hard wraps as the word processors of hospitals leave them, and the style of placeholders. */
import type { Patient } from "./patient.js";

/** The style of MIMIC-IV for the patients that have it: `___` for every `[**…**]`. */
export function hidePlaceholders(text: string, patient: Patient): string {
  return patient.underscores ? text.replace(/\[\*\*[^*]*\*\*\]/g, "___") : text;
}

/** `text` with every line broken at spaces so that it has at most `width` characters where words allow. */
export function wrap(text: string, width: number): string {
  let wrapped = "";
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf("\n", start);
    const end = feed === -1 ? text.length : feed;
    while (end - start > width) {
      let space = text.lastIndexOf(" ", start + width);
      if (space <= start) space = text.indexOf(" ", start + width);
      if (space === -1 || space >= end) break;
      wrapped += `${text.slice(start, space)}\n`;
      start = space + 1;
    }
    wrapped += text.slice(start, end);
    if (feed !== -1) wrapped += "\n";
    start = end + 1;
  }
  return wrapped;
}
