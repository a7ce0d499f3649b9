/**
 * @file brat standoff: `name.txt` and `name.ann`; `T` lines are entities, all others (events, relations, attributes, notes) are
 * left to other tools. Offsets count code points (https://brat.nlplab.org/standoff.html).
 */
import { basename } from "node:path";
import { type ReadOptions, type ReadResult, Reading } from "./reading.js";
import {
  findPartner,
  isFolder,
  listSourceFiles,
  malformed,
  readSourceText,
  type SourceFile,
} from "./source-files.js";
import { placeMentions, type StatedMention } from "./stated-offsets.js";
import { nonBlankLines } from "./words.js";

interface BratMention extends StatedMention {
  readonly id: string;
  readonly label: string;
}

const OTHER_LINES = /^[ERAMN#*][^\t]*\t/;

/**
 * One example a text, its lines as sentences. A text without an `.ann` file has no entities, which is reported; annotations without
 * their text are refused.
 */
export async function readBrat(source: string, options: ReadOptions): Promise<ReadResult> {
  const reading = new Reading();
  const folder = await isFolder(source);
  const texts = folder
    ? await listSourceFiles(source, ".txt")
    : [{ path: source.replace(/\.ann$/i, ".txt"), id: (await listSourceFiles(source, ".ann"))[0]!.id }];
  const annotations: SourceFile[] = folder
    ? await listSourceFiles(source, ".ann")
    : [{ path: source.replace(/\.txt$/i, ".ann"), id: texts[0]!.id.replace(/\.txt$/i, "") }];
  const used = new Set<SourceFile>();
  const beside = new Map(annotations.map((file) => [withoutEnding(file), file]));
  const names = new Set(texts.map(withoutEnding));
  // Texts and annotations may be in folders of their own; but what is beside its text belongs to no other of the same name.
  const apart = annotations.filter((file) => !names.has(withoutEnding(file)));
  for (const file of texts) {
    const { text, hadMark } = await readSourceText(file.path, options.encoding);
    const id = reading.uniqueId(file.id.replace(/\.txt$/i, ""));
    const partner = beside.get(withoutEnding(file)) ?? findPartner(file, apart);
    if (partner !== null) used.add(partner);
    else reading.problems.push({ exampleId: id, file: file.path, reason: "unpaired" });
    const mentions =
      partner === null
        ? []
        : parseBrat(partner.path, (await readSourceText(partner.path, options.encoding)).text);
    const { placed, problems } = placeMentions(id, text, mentions, { unit: "codepoint", hadMark });
    reading.problems.push(...problems);
    const entities = placed.map(({ mention, spans }) => ({ id: mention.id, label: mention.label, spans }));
    reading.examples.push({
      kind: "entities",
      id,
      documentId: id,
      text,
      sentences: nonBlankLines(text),
      entities: reading.finishEntities(id, entities, partner?.path),
    });
  }
  const alone = annotations.find((file) => !used.has(file));
  if (alone !== undefined)
    throw malformed(alone.path, 1, `no text file ${basename(alone.id)}.txt belongs to it`);
  return reading.result();
}

function withoutEnding({ path }: SourceFile): string {
  return path.slice(0, -".txt".length);
}

/** Among other line ends a CR may be of a quote that goes over the CRLF of its text; it ends a line before the next annotation. */
const LINE_END = /\r\n|\n|\r(?=[TERAMN#*]\S*\t|\r|$)/;

/** The `T` lines of an `.ann` file. Throws `EXAMPLES_MALFORMED` with the line. */
export function parseBrat(path: string, text: string): BratMention[] {
  const mentions: BratMention[] = [];
  for (const [index, line] of text.split(text.includes("\n") ? LINE_END : "\r").entries()) {
    if (line.trim() === "" || OTHER_LINES.test(line)) continue;
    const [, id, label, offsets, quote] = /^(T\S*)\t(\S+) ([\d; ]+)(?:\t(.*))?$/s.exec(line) ?? [];
    if (id === undefined)
      throw malformed(
        path,
        index + 1,
        "neither `T1<tab>Label start end<tab>text` nor another kind of brat's lines",
      );
    const fragments = offsets!.split(";").map((fragment): readonly [number, number] => {
      const [, start, end] = /^\s*(\d+) +(\d+)\s*$/.exec(fragment) ?? [];
      if (start === undefined)
        throw malformed(path, index + 1, "offsets that are not `start end[;start end]`");
      return [Number(start), Number(end)];
    });
    mentions.push({
      id,
      label: label!,
      fragments,
      quote: quote ?? null,
      file: path,
      line: index + 1,
    });
  }
  return mentions;
}
