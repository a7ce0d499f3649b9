/**
 * @file i2b2 2006 de-identification: one XML file of `RECORD`s whose `TEXT` has `<PHI TYPE="DATE">…</PHI>` in it (Uzuner et al.,
 * "Evaluating the state-of-the-art in automatic de-identification", JAMIA 2007). Unlike the published `to_conll.py`, which
 * loses a PHI in the middle of a word and then shifts the rest of the line by one, every PHI keeps its place.
 */
import type { Entity, EntityExample } from "../example.js";
import { type ReadOptions, type ReadResult, Reading } from "./reading.js";
import { listSourceFiles, malformed, readSourceText } from "./source-files.js";
import { nonBlankLines } from "./words.js";
import { elementsNamed, parseXml, type XmlElement } from "./xml.js";

/** One example a record, labelled by `TYPE`. The text is that of the element without its tags, entities decoded. */
export async function readI2b2Deid2006(source: string, options: ReadOptions): Promise<ReadResult> {
  const reading = new Reading();
  for (const { path, id: fileId } of await listSourceFiles(source, ".xml")) {
    const { root, bareAmpersands } = parseXml(path, (await readSourceText(path, options.encoding)).text);
    for (const line of bareAmpersands)
      reading.problems.push({ exampleId: fileId, file: path, line, reason: "bare-ampersand" });
    const records = root.name === "RECORD" ? [root] : [...elementsNamed(root, "RECORD")];
    if (records.length === 0) throw malformed(path, root.line, "no RECORD element");
    for (const [index, record] of records.entries()) {
      const id = reading.uniqueId(record.attributes["ID"] ?? `${fileId}:${index + 1}`, {
        file: path,
        line: record.line,
      });
      const [body] = elementsNamed(record, "TEXT");
      if (body === undefined) throw malformed(path, record.line, "a RECORD without TEXT");
      const { text, entities } = readInlinePhi(path, body);
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

function readInlinePhi(path: string, body: XmlElement): Pick<EntityExample, "text" | "entities"> {
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
    }
  };
  visit(body);
  return { text, entities };
}
