/**
 * @file JSON lines with entities: ours (`entities` with `label` and `spans`, also as `predict` writes them), spaCy's and doccano's (`entities`,
 * `label` or `labels` as `[start, end, label]`, `["text", {"entities": …}]`; with relations `start_offset`, `end_offset`) and Prodigy's
 * (`spans`, `tokens`, `answer`).
 */
import { patientOf } from "../../notes/columns.js";
import { type OffsetUnit, offsetReader } from "../../notes/offset-units.js";
import type { Span } from "../../notes/span.js";
import type { Entity } from "../example.js";
import { parseJsonLines, stringOf } from "./label-lines.js";
import { type ReadOptions, type ReadResult, Reading } from "./reading.js";
import { listSourceFiles, malformed, readSourceText } from "./source-files.js";
import { nonBlankLines } from "./words.js";

type JsonRecord = Readonly<Record<string, unknown>>;

interface StatedEntity {
  readonly id?: string;
  readonly label: string;
  readonly fragments: readonly (readonly [number, number])[];
}

/** Our own lines: UTF-16 units unless `offsets` says otherwise. */
export function readEntityLines(source: string, options: ReadOptions): Promise<ReadResult> {
  return readLines(source, options.offsets ?? "utf16", options);
}

/** spaCy, Prodigy and doccano count the code points of Python's strings. */
export function readProdigyLines(source: string, options: ReadOptions): Promise<ReadResult> {
  return readLines(source, "codepoint", options);
}

async function readLines(source: string, unit: OffsetUnit, options: ReadOptions): Promise<ReadResult> {
  const reading = new Reading();
  for (const file of await listSourceFiles(source, ".jsonl")) {
    const { text: lines } = await readSourceText(file.path, options.encoding);
    for (const { record: parsed, line } of parseJsonLines(file.path, lines)) {
      const refuse = (reason: string): Error => malformed(file.path, line, reason);
      const record = unwrap(parsed);
      if ("error" in record) throw refuse("an error of the program that wrote it, not a prediction");
      const ownId = stringOf(record, ["id"]) ?? stringOf((record["meta"] ?? {}) as JsonRecord, ["id"]);
      // What the caller gives comes first: the `text` of a de-identified note is the copy, and spans are those of the note.
      const text = options.texts?.get(ownId ?? "") ?? stringOf(record, ["text", "data"]);
      if (text === null) throw refuse("no text");
      const id = reading.uniqueId(ownId ?? `${file.id}:${line}`, { file: file.path, line });
      if (record["answer"] === "reject" || record["answer"] === "ignore") {
        reading.problems.push({ exampleId: id, file: file.path, line, reason: "rejected" });
        continue;
      }
      const toIndex = offsetReader(text, unit);
      const entities: Entity[] = [];
      for (const { id: entityId, label, fragments } of statedEntities(record, refuse)) {
        const spans: Span[] = [];
        for (const [start, end] of fragments) {
          const [from, to] = [toIndex(start), toIndex(end)];
          if (from !== null && to !== null) spans.push([from, to]);
        }
        const named = entityId === undefined ? {} : { entityId };
        const reason =
          spans.length < fragments.length
            ? "outside-text"
            : spans.length === 0 || spans.some(([start, end]) => start >= end)
              ? "empty-span"
              : null;
        if (reason !== null)
          reading.problems.push({ exampleId: id, ...named, file: file.path, line, reason });
        else entities.push({ ...(entityId === undefined ? {} : { id: entityId }), label, spans });
      }
      const words = statedWords(record, toIndex);
      const patientId = patientOf(record);
      reading.examples.push({
        kind: "entities",
        id,
        documentId: stringOf(record, ["documentId"]) ?? id,
        ...(patientId === null ? {} : { patientId }),
        text,
        ...(words === null ? {} : { words }),
        sentences: nonBlankLines(text),
        entities: reading.finishEntities(id, entities, file.path),
      });
    }
  }
  return reading.result();
}

/** `["text", {"entities": …}]`, spaCy's training tuple, as a record. */
function unwrap(record: JsonRecord): JsonRecord {
  if (!Array.isArray(record)) return record;
  const [text, rest] = record as unknown[];
  if (typeof text !== "string") return {};
  return { text, ...(typeof rest === "object" ? rest : {}) };
}

function statedEntities(record: JsonRecord, refuse: (reason: string) => Error): StatedEntity[] {
  const list = record["entities"] ?? record["spans"] ?? record["labels"] ?? record["label"];
  // Prodigy writes no `spans` where the annotator marked none.
  if ((list === undefined || list === null) && record["answer"] === "accept") return [];
  if (!Array.isArray(list)) throw refuse("no list of entities (entities, spans, label or labels)");
  return list.map((item: unknown): StatedEntity => {
    if (Array.isArray(item) && item.length >= 3 && typeof item[2] === "string")
      return { label: item[2], fragments: [pairOf([item[0], item[1]], refuse)] };
    if (typeof item !== "object" || item === null)
      throw refuse("an entity that is neither a list nor an object");
    const entity = item as JsonRecord;
    const label = stringOf(entity, ["label", "entity_group", "entity"]);
    if (label === null || label === "") throw refuse("an entity without label");
    const id = stringOf(entity, ["id"]);
    const fragments = Array.isArray(entity["spans"])
      ? entity["spans"].map((span: unknown) => pairOf(span, refuse))
      : [
          pairOf(
            entity["span"] ?? [
              entity["start"] ?? entity["start_offset"],
              entity["end"] ?? entity["end_offset"],
            ],
            refuse,
          ),
        ];
    return { ...(id === null ? {} : { id }), label, fragments };
  });
}

function pairOf(value: unknown, refuse: (reason: string) => Error): readonly [number, number] {
  if (Array.isArray(value) && value.length === 2 && value.every((part) => Number.isInteger(part)))
    return [value[0] as number, value[1] as number];
  throw refuse("an entity without whole numbers as start and end");
}

/** Prodigy's `tokens`, without those that are only white space; `null` where they are none, or not one after the other. */
function statedWords(record: JsonRecord, toIndex: (offset: number) => number | null): Span[] | null {
  const tokens = record["tokens"];
  if (!Array.isArray(tokens)) return null;
  const words: Span[] = [];
  let done = 0;
  for (const token of tokens as (JsonRecord | null)[]) {
    const [start, end] = [toIndex(Number(token?.["start"])), toIndex(Number(token?.["end"]))];
    if (token === null || start === null || end === null || start < done || start >= end) return null;
    done = end;
    if (String(token["text"] ?? "x").trim() !== "") words.push([start, end]);
  }
  return words;
}
