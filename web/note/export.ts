/** @file The open note as files: brat's standoff format, and JSON. Made in the page, saved by the browser. */
import type { Span } from "clinicalbert/browser";
import type { Entity } from "../../src/server/api.js";
import type { Outline } from "../worker/messages.js";
import { labelOf } from "./compare-entities.js";
import type { OpenNote } from "./open-note.js";

/**
 * Text-bound annotations of brat (brat 1.3, standoff format): offsets in code points; an entity that runs over a line end
 * is written in fragments, because brat's text field has no line feed.
 */
export function toBrat(text: string, entities: readonly Entity[]): string {
  const pointAt = codePoints(
    text,
    entities.flatMap(({ start, end }) => linesOf(text, [start, end]).flat()),
  );
  return entities
    .map((entity, index) => {
      const lines = linesOf(text, [entity.start, entity.end]);
      const fragments = lines.map(([start, end]) => `${pointAt.get(start)} ${pointAt.get(end)}`).join(";");
      const words = lines.map(([start, end]) => text.slice(start, end)).join(" ");
      return `T${index + 1}\t${bratLabel(labelOf(entity))} ${fragments}\t${words}\n`;
    })
    .join("");
}

/** Types of brat have no white space. */
function bratLabel(label: string): string {
  return label.replace(/[^\p{L}\p{N}_-]+/gu, "_");
}

function linesOf(text: string, [start, end]: Span): Span[] {
  const spans: Span[] = [];
  for (const line of text.slice(start, end).matchAll(/[^\r\n]+/g))
    spans.push([start + line.index, start + line.index + line[0].length]);
  return spans.length === 0 ? [[start, end]] : spans;
}

/** The number of code points before each of `offsets` (UTF-16), in one pass. */
function codePoints(text: string, offsets: readonly number[]): Map<number, number> {
  const points = new Map<number, number>();
  let at = 0;
  let count = 0;
  for (const offset of [...new Set(offsets)].sort((a, b) => a - b)) {
    while (at < offset) {
      at += text.codePointAt(at)! > 0xffff ? 2 : 1;
      count++;
    }
    points.set(offset, count);
  }
  return points;
}

/** Text, sections, sentences and entities; spans are half-open ranges of UTF-16 units. */
export function toJson(
  { name, text }: OpenNote,
  { sections, sentences }: Outline,
  entities: readonly Entity[],
  model: string | null,
): string {
  const found = entities.map((entity) => ({
    span: [entity.start, entity.end],
    label: labelOf(entity),
    score: entity.score,
    text: text.slice(entity.start, entity.end),
  }));
  return `${JSON.stringify({ name, offsets: "utf16", text, sections, sentences: sentences.map((spans) => ({ spans })), model, entities: found }, null, 2)}\n`;
}

/** Hands a file to the user. */
export function saveFile(name: string, content: string, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
