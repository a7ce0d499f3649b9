/**
 * @file i2b2 2006 de-identification: one XML file of `RECORD`s whose `TEXT` has `<PHI TYPE="DATE">…</PHI>` in it (Uzuner et al.,
 * "Evaluating the state-of-the-art in automatic de-identification", JAMIA 2007). Unlike the published `to_conll.py`, which
 * loses a PHI in the middle of a word and then shifts the rest of the line by one, every PHI keeps its place.
 */
import type { Entity, EntityExample } from "../example.js";
import { type ReadOptions, type ReadResult, Reading } from "./reading.js";
import { listSourceFiles, malformed, readSourceText, splitSourceLines } from "./source-files.js";
import { nonBlankLines } from "./words.js";
import { elementsNamed, parseXml, type XmlElement } from "./xml.js";

/**
 * Line 25722 of `deid_surrogate_train_all_version2.xml` as first released: an end tag that is another start tag. Everybody who reads the
 * file mends it so (MITRE's `split_AMIA_file.py`, BigBIO's `n2c2_2006`); the corrected release does not have it.
 */
const BROKEN_TAG = '<PHI TYPE="DATE">25th of July<PHI TYPE="DOCTOR">';
const MENDED_TAG = '<PHI TYPE="DATE">25th of July</PHI>';

/** One example a record, labelled by `TYPE`. The text is that of the element without its tags, entities decoded. */
export async function readI2b2Deid2006(folder: string, options: ReadOptions): Promise<ReadResult> {
  const reading = new Reading();
  for (const { path, id: fileId } of await listSourceFiles(folder, ".xml")) {
    const { text: source } = await readSourceText(path, options.encoding);
    const broken = source.indexOf(BROKEN_TAG);
    if (broken !== -1) {
      const line = splitSourceLines(source.slice(0, broken + 1)).length;
      reading.problems.push({ exampleId: fileId, file: path, line, reason: "mended-tag" });
    }
    const { root, bareAmpersands } = parseXml(path, source.replace(BROKEN_TAG, MENDED_TAG));
    for (const line of bareAmpersands)
      reading.problems.push({ exampleId: fileId, file: path, line, reason: "bare-ampersand" });
    const records = root.name === "RECORD" ? [root] : [...elementsNamed(root, "RECORD")];
    if (records.length === 0) throw malformed(path, root.line, "no RECORD element");
    for (const [index, record] of records.entries()) {
      const id = reading.uniqueId(record.attributes["ID"] ?? `${fileId}:${index + 1}`, {
        file: path,
        line: record.line,
      });
      const bodies = [...elementsNamed(record, "TEXT")];
      if (bodies.length !== 1)
        throw malformed(path, record.line, `a RECORD with ${bodies.length} TEXT, but one is needed`);
      const { text, entities, emptyLines } = readInlinePhi(path, bodies[0]!);
      for (const line of emptyLines)
        reading.problems.push({ exampleId: id, file: path, line, reason: "empty-span" });
      reading.examples.push({
        kind: "entities",
        id,
        documentId: id,
        text,
        sentences: nonBlankLines(text),
        entities: reading.finishEntities(id, entities, path),
      });
    }
  }
  return reading.result();
}

interface InlinePhi extends Pick<EntityExample, "text" | "entities"> {
  /** Lines of PHI without text. */
  readonly emptyLines: readonly number[];
}

function readInlinePhi(path: string, body: XmlElement): InlinePhi {
  const emptyLines: number[] = [];
  let text = "";
  const entities: Entity[] = [];
  const visit = (element: XmlElement): void => {
    for (const child of element.children) {
      if (typeof child === "string") {
        text += child;
        continue;
      }
      const start = text.length;
      visit(child);
      if (child.name !== "PHI") continue;
      const label = child.attributes["TYPE"];
      if (label === undefined) throw malformed(path, child.line, "a PHI without TYPE");
      if (text.length > start) entities.push({ label, spans: [[start, text.length]] });
      else emptyLines.push(child.line);
    }
  };
  visit(body);
  return { text, entities, emptyLines };
}
