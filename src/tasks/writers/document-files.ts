/** @file Sentences of one document put together again, for formats that keep a document in a file. */
import type { Span } from "../../notes/span.js";
import { basicWords } from "../basic-words.js";
import type { Entity, EntityExample } from "../example.js";
import { nonBlankLines } from "../readers/words.js";

/** Examples of one document as one example, their texts joined by a line feed; in the order of first sight. */
export function joinDocuments(examples: readonly EntityExample[]): EntityExample[] {
  const groups = new Map<string, EntityExample[]>();
  for (const example of examples) {
    const group = groups.get(example.documentId);
    if (group === undefined) groups.set(example.documentId, [example]);
    else group.push(example);
  }
  return [...groups].map(([documentId, group]) =>
    group.length === 1 ? group[0]! : joinGroup(documentId, group),
  );
}

function joinGroup(documentId: string, group: readonly EntityExample[]): EntityExample {
  const entities: Entity[] = [];
  const words: Span[] = [];
  const sentences: Span[] = [];
  let text = "";
  for (const example of group) {
    const base = text.length;
    const shift = ([start, end]: Span): Span => [start + base, end + base];
    text += `${example.text}\n`;
    entities.push(...example.entities.map((entity) => ({ ...entity, spans: entity.spans.map(shift) })));
    words.push(...(example.words ?? basicWords(example.text)).map(shift));
    sentences.push(...(example.sentences ?? nonBlankLines(example.text)).map(shift));
  }
  const ids = new Set(entities.map(({ id }) => id));
  // Names of entities are unique in a document only.
  const named = ids.size === entities.length ? entities : entities.map(({ id: _, ...entity }) => entity);
  const { patientId } = group[0]!;
  return {
    kind: "entities",
    id: documentId,
    documentId,
    ...(patientId === undefined ? {} : { patientId }),
    text,
    words,
    sentences,
    entities: named,
  };
}

/** An id as the name of a file: folders and characters that file systems refuse become `_`; unique among `taken`. */
export function fileNameOf(id: string, taken: Set<string>): string {
  const plain = id.replace(/[^\w.#+-]+/g, "_").replace(/^\.+/, "_") || "_";
  let name = plain;
  for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${plain}-${number}`;
  taken.add(name.toLowerCase());
  return name;
}
