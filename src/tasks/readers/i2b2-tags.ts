/**
 * @file i2b2 2012 (temporal relations) and 2014 (de-identification) XML: `TEXT` in CDATA, and `TAGS` with offsets into it, counted
 * in characters from 0 (Sun et al., JAMIA 2013; Stubbs & Uzuner, J Biomed Inform 2015). Wrong offsets, among them those of
 * 180-03.xml and 188-05.xml which the published notebook patches by hand, are found by the quoted text.
 */
import type { Entity } from "../example.js";
import { type ReadOptions, type ReadResult, Reading } from "./reading.js";
import { listSourceFiles, malformed, readSourceText } from "./source-files.js";
import { placeMentions, type StatedMention } from "./stated-offsets.js";
import { nonBlankLines } from "./words.js";
import { elementsNamed, parseXml, textOf, type XmlElement } from "./xml.js";

interface TaggedMention extends StatedMention {
  readonly label: string;
  readonly category: string;
}

interface TagRules {
  /** The label of an element; `null` for one that is no entity here. */
  label(element: XmlElement, options: ReadOptions): string | null;
  patientId(fileId: string): string | null;
}

const TEMPORAL: TagRules = {
  label({ name, attributes }, { timex = false }) {
    if (name === "EVENT") return attributes["type"] ?? "";
    return name === "TIMEX3" && timex ? `TIMEX3-${attributes["type"] ?? ""}` : null;
  },
  patientId: (fileId) => /(\d+)$/.exec(fileId)?.[1] ?? null,
};

const DEID: TagRules = {
  label: ({ name, attributes }, { labels = "type" }) =>
    labels === "category" ? name : (attributes["TYPE"] ?? ""),
  // 301-02.xml is the second record of patient 301.
  patientId: (fileId) => /(?:^|\/)(\d+)-\d+[^/]*$/.exec(fileId)?.[1] ?? null,
};

/** i2b2 2012: `EVENT`s labelled by `type`; `TIMEX3` on request. */
export function readI2b2Temporal2012(source: string, options: ReadOptions): Promise<ReadResult> {
  return readTagged(source, TEMPORAL, options);
}

/** i2b2 2014: every child of `TAGS`, labelled by `TYPE` or by its name. The patient is the number before the hyphen of the file's name. */
export function readI2b2Deid2014(source: string, options: ReadOptions): Promise<ReadResult> {
  return readTagged(source, DEID, options);
}

async function readTagged(source: string, rules: TagRules, options: ReadOptions): Promise<ReadResult> {
  const reading = new Reading(options);
  for (const { path, id: fileId } of await listSourceFiles(source, ".xml")) {
    const { root, bareAmpersands } = parseXml(path, (await readSourceText(path, options.encoding)).text);
    const id = reading.uniqueId(fileId, { file: path });
    for (const line of bareAmpersands)
      reading.problems.push({ exampleId: id, file: path, line, reason: "bare-ampersand" });
    const bodies = [...elementsNamed(root, "TEXT")];
    const containers = [...elementsNamed(root, "TAGS")];
    if (bodies.length !== 1 || containers.length !== 1)
      throw malformed(
        path,
        root.line,
        `${containers.length} TAGS and ${bodies.length} TEXT, but one of each is needed`,
      );
    const text = textOf(bodies[0]!);
    const mentions: TaggedMention[] = [];
    for (const element of containers[0]!.children) {
      if (typeof element === "string") continue;
      const label = rules.label(element, options);
      if (label === null) continue;
      if (label.trim() === "" || label.endsWith("-")) {
        reading.problems.push({
          exampleId: id,
          ...entityId(element),
          file: path,
          line: element.line,
          reason: "no-label",
        });
        continue;
      }
      mentions.push({ ...readPlace(path, element), label, category: element.name });
    }
    const { placed, problems } = placeMentions(id, text, mentions, { unit: "codepoint" });
    reading.problems.push(...problems);
    const entities = placed.map(
      ({ mention, spans }): Entity => ({
        ...(mention.id === undefined ? {} : { id: mention.id }),
        label: mention.label,
        category: mention.category,
        spans,
      }),
    );
    const patientId = rules.patientId(fileId);
    reading.examples.push({
      kind: "entities",
      id,
      documentId: fileId,
      ...(patientId === null ? {} : { patientId }),
      text,
      sentences: nonBlankLines(text),
      entities: reading.finishEntities(id, entities, path),
    });
  }
  return reading.result();
}

function entityId({ attributes }: XmlElement): { entityId?: string } {
  return attributes["id"] === undefined ? {} : { entityId: attributes["id"] };
}

function readPlace(path: string, { attributes, line }: XmlElement): StatedMention {
  const { start, end, text, id } = attributes;
  if (!/^\d+$/.test(start ?? "") || !/^\d+$/.test(end ?? ""))
    throw malformed(path, line, "an element of TAGS without whole numbers as start and end");
  return {
    ...(id === undefined ? {} : { id }),
    fragments: [[Number(start), Number(end)]],
    quote: text ?? null,
    file: path,
    line,
  };
}
