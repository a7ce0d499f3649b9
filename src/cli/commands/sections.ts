/** @file `clinicalbert sections`: notes to sections, as JSON lines. */
import { readFile } from "node:fs/promises";
import { ClinicalBertError } from "../../errors.js";
import {
  createSectionSplitter,
  parseCategoryRules,
  SECTION_RULES,
  type SectionRules,
} from "../../sections/index.js";
import { fileError } from "../../util/file-error.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { filterJsonLines } from "../json-lines.js";
import { OFFSETS_FLAG, OFFSETS_HELP, parseOffsetUnit, spanConverter } from "../offset-units.js";

interface Flags {
  readonly rules: string;
  readonly categories?: string;
  readonly offsets: string;
}

export const command: CliCommand = {
  configure(cli, context) {
    cli
      .argument("[files...]", 'JSON lines {"id","text"}; standard input when there are none')
      .option("--rules <set>", `rule set: ${SECTION_RULES.join(", ")}`, "corrected")
      .option("--categories <file>", "JSON file of section categories, see docs/formats-notes.md")
      .option(OFFSETS_FLAG, OFFSETS_HELP, "utf16")
      .action((files: string[], flags: Flags) => sections(files, flags, context));
    addExamples(
      cli,
      "clinicalbert sections notes.jsonl > sections.jsonl",
      "clinicalbert sections --rules alsentzer2019 --offsets codepoint < notes.jsonl",
    );
  },
};

async function sections(files: readonly string[], flags: Flags, context: CliContext): Promise<void> {
  const unit = parseOffsetUnit(flags.offsets);
  const categories =
    flags.categories === undefined ? {} : { categories: await readCategories(flags.categories) };
  const splitter = createSectionSplitter(flags.rules as SectionRules, categories);
  await filterJsonLines(context, files, (record) => {
    const text = textOf(record);
    const convert = spanConverter(text, unit);
    return {
      sections: splitter.split(text).map((section) => ({
        text: section.text,
        spans: section.spans.map(convert),
        title: section.title && convert(section.title),
        category: section.category,
      })),
    };
  });
}

async function readCategories(path: string) {
  try {
    return parseCategoryRules(await readFile(path, "utf8"));
  } catch (error) {
    throw fileError(error, path);
  }
}

/** The text of one input line; throws `USAGE` without quoting it. */
export function textOf(record: Readonly<Record<string, unknown>>): string {
  const { text } = record;
  if (typeof text !== "string")
    throw new ClinicalBertError("USAGE", 'The line has no string under the key "text".');
  return text;
}
