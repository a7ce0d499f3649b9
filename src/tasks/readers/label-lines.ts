/**
 * @file JSON lines with one label for a text or a pair: MedNLI, SNLI and MNLI (`sentence1`, `sentence2`, `gold_label`), and plain
 * `text`, `text_pair` or `premise`, `hypothesis` with `label`.
 */
import { createHash } from "node:crypto";
import { patientOf } from "../../notes/columns.js";
import { type ReadOptions, type ReadResult, Reading } from "./reading.js";
import { listSourceFiles, malformed, readSourceText } from "./source-files.js";

type JsonRecord = Readonly<Record<string, unknown>>;

const FIRST = ["sentence1", "premise", "text"];
const SECOND = ["sentence2", "hypothesis", "text_pair"];
const LABEL = ["gold_label", "label"];
const ID = ["pairID", "id"];
/** What two pairs share when they must stay on one side of a split: an article, a caption, a prompt. */
const DOCUMENT = ["documentId", "pmcid", "captionID", "promptID"];

/**
 * One example a line. Pairs of one article (`pmcid`), caption, prompt, or else of one premise share their `documentId`. A label
 * of `-` (SNLI: the annotators did not agree) leaves the pair out. Throws `EXAMPLES_MALFORMED` with the line.
 */
export async function readLabelLines(source: string, options: ReadOptions): Promise<ReadResult> {
  const reading = new Reading();
  for (const file of await listSourceFiles(source, ".jsonl")) {
    const { text: lines } = await readSourceText(file.path, options.encoding);
    for (const { record, line } of parseJsonLines(file.path, lines)) {
      const text = stringOf(record, FIRST);
      const pair = stringOf(record, SECOND);
      if (text === null || text.trim() === "" || pair?.trim() === "")
        throw malformed(file.path, line, `no text: one of ${FIRST.join(", ")} is needed, and not empty`);
      const label = stringOf(record, LABEL);
      if (label === null || label === "")
        throw malformed(file.path, line, `no label: one of ${LABEL.join(", ")} is needed`);
      const id = reading.uniqueId(stringOf(record, ID) ?? `${file.id}:${line}`, { file: file.path, line });
      if (label === "-") {
        reading.problems.push({ exampleId: id, file: file.path, line, reason: "no-label" });
        continue;
      }
      const patientId = patientOf(record);
      reading.examples.push({
        kind: "label",
        id,
        documentId: stringOf(record, DOCUMENT) ?? (pair === null ? id : premiseId(text)),
        ...(patientId === null ? {} : { patientId }),
        text,
        ...(pair === null ? {} : { pair }),
        label,
      });
    }
  }
  return reading.result();
}

/**
 * Of the words, not of their place: equal premises of two files are one document, and different ones are two. In memory and under the hash of
 * a part only; no file of ours has it.
 */
function premiseId(text: string): string {
  return `premise-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

/** The objects of a file of JSON lines; blank lines are skipped. Throws `EXAMPLES_MALFORMED` with the line. */
export function* parseJsonLines(path: string, text: string): Generator<{ record: JsonRecord; line: number }> {
  // Only line feeds: U+2028 and a bare CR may stand within JSON's white space or strings.
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    let record: unknown;
    try {
      record = JSON.parse(line);
    } catch {
      throw malformed(path, index + 1, "not valid JSON");
    }
    if (typeof record !== "object" || record === null) throw malformed(path, index + 1, "not a JSON object");
    yield { record: record as JsonRecord, line: index + 1 };
  }
}

/** The first of `names` that is a string or a number (breaking-nli writes its `pairID` as one). */
export function stringOf(record: JsonRecord, names: readonly string[]): string | null {
  for (const name of names) {
    const value = record[name];
    if (typeof value === "string") return value;
    if (typeof value === "number") return String(value);
  }
  return null;
}

/** The texts of lines with `id` and `text`, by id. Throws `EXAMPLES_MALFORMED` with the line. */
export async function readTexts(path: string): Promise<Map<string, string>> {
  const { text: lines } = await readSourceText(path);
  const texts = new Map<string, string>();
  for (const { record, line } of parseJsonLines(path, lines)) {
    const [id, text] = [stringOf(record, ["id"]), stringOf(record, ["text"])];
    if (id === null || text === null) throw malformed(path, line, "no id, or no text");
    texts.set(id, text);
  }
  return texts;
}
