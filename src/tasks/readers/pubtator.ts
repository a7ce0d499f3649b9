/**
 * @file PubTator: `PMID|t|title`, `PMID|a|abstract`, then a line for each mention (`PMID start end text type [concept]`, tabs
 * between). Offsets count code points of title, one separator, abstract.
 */
import { type ReadOptions, type ReadResult, Reading } from "./reading.js";
import { listSourceFiles, malformed, readSourceText, splitSourceLines } from "./source-files.js";
import { placeMentions, type StatedMention } from "./stated-offsets.js";
import { nonBlankLines } from "./words.js";

interface PubtatorMention extends StatedMention {
  readonly label: string;
}

interface PubtatorDocument {
  readonly id: string;
  readonly line: number;
  title: string | null;
  abstract: string | null;
  readonly mentions: PubtatorMention[];
}

/** One example a document; its text is title, line feed, abstract. Relations (`CID`) are left to other tools. */
export async function readPubtator(source: string, options: ReadOptions): Promise<ReadResult> {
  const reading = new Reading();
  for (const file of await listSourceFiles(source, ".txt", ".pubtator")) {
    const { text: lines } = await readSourceText(file.path, options.encoding);
    for (const { id: documentId, line, title, abstract, mentions } of parsePubtator(file.path, lines)) {
      const id = reading.uniqueId(documentId, { file: file.path, line });
      const text = abstract === null ? (title ?? "") : `${title ?? ""}\n${abstract}`;
      const { placed, problems } = placeMentions(id, text, mentions, { unit: "codepoint" });
      reading.problems.push(...problems);
      const entities = placed.map(({ mention: { label }, spans }) => ({ label, spans }));
      reading.examples.push({
        kind: "entities",
        id,
        documentId,
        text,
        sentences: nonBlankLines(text),
        entities: reading.finishEntities(id, entities, file.path),
      });
    }
  }
  return reading.result();
}

function parsePubtator(path: string, text: string): PubtatorDocument[] {
  const documents: PubtatorDocument[] = [];
  let open: PubtatorDocument | null = null;
  for (const [index, line] of splitSourceLines(text).entries()) {
    const number = index + 1;
    if (line.trim() === "") {
      open = null;
      continue;
    }
    const [, id, part, body] = /^([^|\t]+)\|([ta])\|(.*)$/s.exec(line) ?? [];
    if (id !== undefined) {
      // A title begins a document, but for one that comes after its abstract.
      if (
        open === null ||
        open.id !== id ||
        (part === "t" && (open.title !== null || open.mentions.length > 0))
      ) {
        open = { id, line: number, title: null, abstract: null, mentions: [] };
        documents.push(open);
      }
      if (part === "a" && open.abstract !== null)
        throw malformed(path, number, "a second abstract of a document");
      if (part === "t") open.title = body!;
      else open.abstract = body!;
      continue;
    }
    const cells = line.split("\t");
    if (open === null || cells[0] !== open.id)
      throw malformed(path, number, "a mention without the title and abstract of its document before it");
    // `PMID CID C D`: a relation.
    if (cells.length >= 3 && /^\p{L}/u.test(cells[1]!)) continue;
    const [, start, end, quote, label] = cells;
    if (!/^\d+$/.test(start ?? "") || !/^\d+$/.test(end ?? "") || quote === undefined || !label?.trim())
      throw malformed(path, number, "a mention that is not `PMID start end text type`, with tabs between");
    open.mentions.push({
      label: label.trim(),
      fragments: [[Number(start), Number(end)]],
      quote,
      file: path,
      line: number,
    });
  }
  return documents;
}
