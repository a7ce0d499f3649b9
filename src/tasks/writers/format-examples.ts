/** @file Examples (gold or predicted) as files that other programs read: CoNLL, `.con`, brat, i2b2 2014 XML, JSON lines. */
import { type OffsetUnit, spanConverter } from "../../notes/offset-units.js";
import type { Span } from "../../notes/span.js";
import type { Entity, EntityExample, ReadingProblem } from "../example.js";
import { phiCategory } from "../phi-categories.js";
import { encodeTags, type TagScheme } from "../tags.js";
import { fileNameOf, joinDocuments } from "./document-files.js";
import { tagSentences } from "./tagged-sentences.js";
import { attribute, cdata, requireXmlText, withXmlLineEnds } from "./xml-text.js";

export const WRITTEN_FORMATS = ["jsonl", "prodigy", "conll", "brat", "con", "i2b2-xml"] as const;
export type WrittenFormat = (typeof WRITTEN_FORMATS)[number];

/** Formats with one file a document; the others are one file in all. */
export const FOLDER_FORMATS: ReadonlySet<WrittenFormat> = new Set(["brat", "con", "i2b2-xml"]);

export interface FormatOptions {
  /** `conll` (default `iob2`). */
  readonly scheme?: TagScheme;
  /** `jsonl` (default `utf16`). */
  readonly offsets?: OffsetUnit;
  /** `conll`: a mark before each document (default: where some documents have several sentences). */
  readonly marks?: boolean;
  /** Names of files that earlier calls gave; those of this call are added, so that a stream of examples overwrites nothing. */
  readonly takenNames?: Set<string>;
}

export interface FormattedFile {
  /** Empty for the formats of one file. */
  readonly name: string;
  readonly contents: string;
}

export interface FormattedExamples {
  readonly files: readonly FormattedFile[];
  /** Entities that the format cannot hold as they are; see `ReadingReason`. */
  readonly problems: readonly ReadingProblem[];
}

/** The files of `examples` in one format. Throws `EXAMPLES_MALFORMED` for a text that XML cannot hold. */
export function formatExamples(
  examples: readonly EntityExample[],
  format: WrittenFormat,
  options: FormatOptions = {},
): FormattedExamples {
  switch (format) {
    case "jsonl":
      return oneFile(examples.map((example) => ourLine(example, options.offsets ?? "utf16")));
    case "prodigy":
      return oneFile(examples.map(prodigyLine), examples.flatMap(fragmentedEntities));
    case "conll":
      return formatConll(examples, options.scheme ?? "iob2", options.marks);
    case "brat":
      return folder(joinDocuments(examples), formatBrat, options.takenNames);
    case "con":
      return folder(joinDocuments(examples), formatCon, options.takenNames);
    case "i2b2-xml":
      return folder(joinDocuments(examples), formatXml, options.takenNames);
  }
}

function oneFile(lines: readonly object[], problems: readonly ReadingProblem[] = []): FormattedExamples {
  return {
    files: [{ name: "", contents: lines.map((line) => `${JSON.stringify(line)}\n`).join("") }],
    problems,
  };
}

/** A problem for each entity of which a format without fragments makes something else. */
function fragmentedEntities(example: EntityExample): ReadingProblem[] {
  return example.entities
    .filter(({ spans }) => spans.length > 1)
    .map((entity) => problemOf(example, entity, "discontinuous"));
}

function problemOf({ id }: EntityExample, entity: Entity, reason: ReadingProblem["reason"]): ReadingProblem {
  return {
    exampleId: id,
    ...(entity.id === undefined ? {} : { entityId: entity.id }),
    span: [entity.spans[0]![0], entity.spans.at(-1)![1]],
    reason,
  };
}

interface DocumentFiles {
  /** Ending of the name, contents. */
  readonly files: readonly (readonly [ending: string, contents: string])[];
  readonly problems: readonly ReadingProblem[];
}

function folder(
  documents: readonly EntityExample[],
  format: (example: EntityExample) => DocumentFiles,
  taken = new Set<string>(),
): FormattedExamples {
  const files: FormattedFile[] = [];
  const problems: ReadingProblem[] = [];
  for (const example of documents) {
    const name = fileNameOf(example.id, taken);
    const formatted = format(example);
    problems.push(...formatted.problems);
    files.push(...formatted.files.map(([ending, contents]) => ({ name: name + ending, contents })));
  }
  return { files, problems };
}

/** Keys that are absent in the example are absent in the line. */
function ourLine({ id, documentId, patientId, text, entities }: EntityExample, unit: OffsetUnit): object {
  const convert = spanConverter(text, unit);
  return {
    id,
    ...(documentId === id ? {} : { documentId }),
    ...(patientId === undefined ? {} : { patientId }),
    text,
    entities: entities.map((entity) => ({
      ...(entity.id === undefined ? {} : { id: entity.id }),
      label: entity.label,
      spans: entity.spans.map(convert),
    })),
  };
}

/** Prodigy knows no discontinuous spans: each fragment is a span of its own. */
function prodigyLine({ id, text, entities, words }: EntityExample): object {
  const convert = spanConverter(text, "codepoint");
  const place = (span: Span): { start: number; end: number } => {
    const [start, end] = convert(span);
    return { start, end };
  };
  return {
    text,
    ...(words === undefined
      ? {}
      : { tokens: words.map((span, index) => ({ text: text.slice(...span), ...place(span), id: index })) }),
    spans: entities.flatMap(({ label, spans }) => spans.map((span) => ({ ...place(span), label }))),
    meta: { id },
    answer: "accept",
  };
}

function formatConll(
  examples: readonly EntityExample[],
  scheme: TagScheme,
  marks?: boolean,
): FormattedExamples {
  const problems: ReadingProblem[] = [];
  const blocks: { documentId: string; lines: string }[] = [];
  for (const example of examples) {
    const tagged = tagSentences(example);
    problems.push(...tagged.problems);
    for (const { words, chunks } of tagged.sentences) {
      const tags = encodeTags(words.length, chunks, scheme);
      const lines = words.map(
        (span, index) => `${cellOf(example.text.slice(...span))}	${tags[index]!}
`,
      );
      blocks.push({
        documentId: example.documentId,
        lines: `${lines.join("")}
`,
      });
    }
    // A document without words has a mark all the same: readers count them.
    if (tagged.sentences.length === 0) blocks.push({ documentId: example.documentId, lines: "" });
  }
  const documents = new Set(blocks.map(({ documentId }) => documentId)).size;
  // Where each sentence is a document, or all are of one, marks would tell nothing.
  const marked = marks ?? (documents > 1 && documents < blocks.length);
  let contents = "";
  let open: string | null = null;
  for (const { documentId, lines } of blocks) {
    if (marked && documentId !== open) contents += "-DOCSTART-\tO\n\n";
    open = documentId;
    contents += lines;
  }
  return { files: [{ name: "", contents }], problems };
}

/** A word as a column: no tab or line end, and `_` for a form feed, which some notes have between pages, or another word of blanks. */
function cellOf(word: string): string {
  const cell = word.replace(/[\t-\r ]+/g, " ");
  return cell === " " ? "_" : cell;
}

/** https://brat.nlplab.org/standoff.html: offsets in code points; a quoted line end is a blank. */
function formatBrat(example: EntityExample): DocumentFiles {
  const { text, entities } = example;
  const problems: ReadingProblem[] = [];
  const convert = spanConverter(text, "codepoint");
  const ids = new Set(entities.map(({ id }) => id));
  const named = ids.size === entities.length && entities.every(({ id }) => /^T\d+$/.test(id ?? ""));
  const lines = entities.flatMap((entity, index) => {
    const { id, label, spans } = entity;
    // A fragment must not cross a line end, or brat's own reader refuses the file.
    const fragments = spans.flatMap((span) => withinLines(text, span));
    if (fragments.length === 0) {
      problems.push(problemOf(example, entity, "no-word"));
      return [];
    }
    const offsets = fragments.map((span) => convert(span).join(" ")).join(";");
    const quote = fragments.map((span) => text.slice(...span)).join(" ");
    return [`${named ? id : `T${index + 1}`}\t${label.replace(/\s+/g, "_")} ${offsets}\t${quote}\n`];
  });
  return {
    files: [
      [".txt", text],
      [".ann", lines.join("")],
    ],
    problems,
  };
}

function withinLines(text: string, [start, end]: Span): Span[] {
  const parts: Span[] = [];
  let from = start;
  for (let at = start; at <= end; at++) {
    if (at < end && text[at] !== "\n" && text[at] !== "\r") continue;
    if (from < at) parts.push([from, at]);
    from = at + 1;
  }
  return parts;
}

/**
 * i2b2 2010: the text with its words between blanks, one sentence a line, and concepts in lower case by line and token. Blank lines of
 * the text stay, so that what was read from such files keeps its line numbers.
 */
function formatCon(example: EntityExample): DocumentFiles {
  const { text } = example;
  const { sentences, problems } = tagSentences(example);
  const lines: string[] = [];
  const concepts: string[] = [];
  let done = 0;
  for (const { words, chunks } of sentences) {
    const blank = lineEnds(text.slice(done, words[0]![0])) - (done === 0 ? 0 : 1);
    for (let line = 0; line < blank; line++) lines.push("\n");
    done = words.at(-1)![1];
    const tokens = words.map((span) => text.slice(...span).replace(/\s+/g, "_"));
    lines.push(`${tokens.join(" ")}\n`);
    for (const { label, start, end } of chunks) {
      const quote = tokens.slice(start, end).join(" ").toLowerCase();
      concepts.push(`c="${quote}" ${lines.length}:${start} ${lines.length}:${end - 1}||t="${label}"\n`);
    }
  }
  return {
    files: [
      [".txt", lines.join("")],
      [".con", concepts.join("")],
    ],
    problems,
  };
}

function lineEnds(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}

/** i2b2 2014: offsets in characters of the text as a parser gives it back. Labels that are no PHI type stand in `PHI` elements. */
function formatXml({ id, text: original, entities }: EntityExample): DocumentFiles {
  requireXmlText(id, original);
  const { text, move } = withXmlLineEnds(original);
  const convert = spanConverter(text, "codepoint");
  const problems: ReadingProblem[] = [];
  const tags = entities.map(({ label, category, spans, id: entityId }, index) => {
    const span = move([spans[0]![0], spans.at(-1)![1]]);
    if (spans.length > 1)
      problems.push({
        exampleId: id,
        ...(entityId === undefined ? {} : { entityId }),
        span,
        reason: "discontinuous",
      });
    const [start, end] = convert(span);
    const name =
      category !== undefined && /^[A-Z_]+$/.test(category) ? category : (phiCategory(label) ?? "PHI");
    const quote = attribute(text.slice(...span));
    return `<${name} id="P${index}" start="${start}" end="${end}" text="${quote}" TYPE="${attribute(label)}" comment="" />\n`;
  });
  const contents = `<?xml version="1.0" encoding="UTF-8" ?>\n<deIdi2b2>\n<TEXT>${cdata(text)}</TEXT>\n<TAGS>\n${tags.join("")}</TAGS>\n</deIdi2b2>\n`;
  return { files: [[".xml", contents]], problems };
}
