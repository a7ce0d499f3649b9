/** @file `clinicalbert convert-annotations`: annotations of one format as files of another. */
import { ClinicalBertError } from "../../errors.js";
import { TEXT_ENCODINGS, type TextEncoding } from "../../notes/text-encoding.js";
import {
  EXAMPLE_FORMATS,
  type EntityExample,
  type ExampleFormat,
  FOLDER_FORMATS,
  formatExamples,
  type ReadingProblem,
  readExamples,
  readTexts,
  TAG_SCHEMES,
  type TagScheme,
  WRITTEN_FORMATS,
  type WrittenFormat,
} from "../../tasks/index.js";
import { writeAtomic } from "../../util/atomic-file.js";
import { countReasons, requireFolder, writeAnnotations } from "../annotation-output.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { OFFSETS_FLAG, OFFSETS_HELP, type OffsetUnit, parseOffsetUnit } from "../offset-units.js";
import { oneOf } from "../options.js";

interface ConvertFlags {
  readonly from: ExampleFormat;
  readonly to: WrittenFormat;
  readonly out: string;
  readonly scheme: TagScheme;
  readonly offsets: OffsetUnit;
  readonly texts?: string;
  readonly timex?: boolean;
  readonly labels: "type" | "category";
  readonly encoding: TextEncoding;
  readonly problems?: string;
  readonly strict?: boolean;
}

/** Formats that are JSON lines with labels of whole texts have no entities to convert. */
const ENTITY_FORMATS = EXAMPLE_FORMATS.filter((format) => format !== "nli" && format !== "classification");

export const command: CliCommand = {
  configure(command, context) {
    command
      .argument("<source>", "a file, or a folder with all files of the format below it")
      .requiredOption("--from <format>", ENTITY_FORMATS.join(", "), oneOf(ENTITY_FORMATS))
      .requiredOption("--to <format>", WRITTEN_FORMATS.join(", "), oneOf(WRITTEN_FORMATS))
      .option("--out <path>", "file, - for standard output; a folder for brat, con, i2b2-xml", "-")
      .option("--scheme <name>", `tags of conll: ${TAG_SCHEMES.join(", ")}`, oneOf(TAG_SCHEMES), "iob2")
      .option(
        OFFSETS_FLAG,
        `${OFFSETS_HELP}, of jsonl; other formats have their own`,
        parseOffsetUnit,
        "utf16",
      )
      .option(
        "--texts <file>",
        "jsonl: lines with id and text, for annotations without text (what predict writes)",
      )
      .option("--timex", "i2b2 2012: also TIMEX3")
      .option(
        "--labels <kind>",
        "i2b2 2014: type (PATIENT) or category (NAME)",
        oneOf(["type", "category"]),
        "type",
      )
      .option("--encoding <name>", TEXT_ENCODINGS.join(", "), oneOf(TEXT_ENCODINGS), "utf-8")
      .option(
        "--problems <file>",
        "what could not be carried over as it stands, as JSON lines with ids and offsets",
      )
      .option("--strict", "stop where an entity would be lost, moved or widened")
      .action((source: string, flags: ConvertFlags) => convert(context, source, flags));
    addExamples(
      command,
      "clinicalbert convert-annotations maccrobat/ --from brat --to conll --scheme bioes --out maccrobat.tsv",
      "clinicalbert convert-annotations training-PHI-Gold-Set1/ --from i2b2-2014 --to jsonl --problems problems.jsonl > phi.jsonl",
      "clinicalbert convert-annotations predicted.jsonl --from jsonl --texts notes.jsonl --to con --out concept/",
    );
  },
};

/** Problems that are only news: nothing of the annotation changes. */
const HARMLESS: ReadonlySet<ReadingProblem["reason"]> = new Set([
  "nested",
  "overlapping",
  "duplicate",
  "discontinuous",
  "duplicate-id",
  "no-document-marks",
  "offset-unit",
  "bare-ampersand",
  "mended-tag",
  "rejected",
]);

async function convert(context: CliContext, source: string, flags: ConvertFlags): Promise<void> {
  const { from, to, out, scheme, offsets, timex = false, labels, encoding } = flags;
  requireFolder("--to", to, out);
  const read = await readExamples(source, from, {
    ...(flags.texts === undefined ? {} : { texts: await readTexts(flags.texts) }),
    encoding,
    offsets,
    timex,
    labels,
    // Files for each sentence would help nobody.
    ...(FOLDER_FORMATS.has(to) ? { documents: "file" as const } : {}),
  });
  const examples = read.examples as readonly EntityExample[];
  const written = formatExamples(examples, to, { scheme, offsets });
  const problems = withoutRepeats([...read.problems, ...written.problems]);
  const lost = [...read.problems.filter(({ reason }) => !HARMLESS.has(reason)), ...written.problems];
  const [first] = lost;
  if (flags.strict === true && first !== undefined)
    throw new ClinicalBertError(
      "EXAMPLES_MALFORMED",
      `${placeOf(first)}: ${first.reason}; ${lost.length} such places in all.`,
      { remedy: "Repair them, or convert without --strict.", details: { problems: lost.length } },
    );
  if (flags.problems !== undefined)
    await writeAtomic(flags.problems, problems.map((problem) => `${JSON.stringify(problem)}\n`).join(""));
  await writeAnnotations(context, to, out, written.files);
  const entities = examples.reduce((sum, example) => sum + example.entities.length, 0);
  context.stderr.write(
    `clinicalbert: ${examples.length} examples, ${entities} entities${countReasons(problems)}\n`,
  );
}

/** What reader and writer both say of one entity stands once. */
function withoutRepeats(problems: readonly ReadingProblem[]): ReadingProblem[] {
  const seen = new Set<string>();
  return problems.filter(({ exampleId, entityId, span, line, reason }) => {
    const key = JSON.stringify([exampleId, entityId, span ?? line, reason]);
    const first = !seen.has(key);
    seen.add(key);
    return first;
  });
}

function placeOf({ file, line, exampleId, span }: ReadingProblem): string {
  if (file !== undefined) return line === undefined ? file : `${file}:${line}`;
  return span === undefined ? exampleId : `${exampleId} at ${span.join("-")}`;
}
