/** @file `clinicalbert sentences`: texts or notes to sentences, as JSON lines. */
import { createSectionSplitter, SECTION_RULES, type SectionRules } from "../../sections/index.js";
import { splitNoteSentences } from "../../sentences/index.js";
import { openSentenceSplitter, SENTENCE_SPLITTERS } from "../../sentences/open-splitter.js";
import { SPACY_SENTENCE_RULES } from "../../sentences/spacy-sentence-rules.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { filterJsonLines } from "../json-lines.js";
import { OFFSETS_FLAG, OFFSETS_HELP, parseOffsetUnit, spanConverter } from "../offset-units.js";
import { textOf } from "./sections.js";

interface Flags {
  readonly splitter: string;
  readonly model?: string;
  readonly rules?: string;
  readonly sections?: string;
  readonly offsets: string;
}

export const command: CliCommand = {
  configure(cli, context) {
    cli
      .argument("[files...]", 'JSON lines {"id","text"}; standard input when there are none')
      .option("--splitter <name>", `splitter: ${SENTENCE_SPLITTERS.join(", ")}`, "rules")
      .option(
        "--model <path>",
        "for spacy: folder, .tar.gz or .whl of a spaCy pipeline, such as en_core_sci_md",
      )
      .option("--rules <set>", `for spacy: ${SPACY_SENTENCE_RULES.join(", ")}`)
      .option("--sections <set>", `split each text into sections first: ${SECTION_RULES.join(", ")}`)
      .option(OFFSETS_FLAG, OFFSETS_HELP, "utf16")
      .action((files: string[], flags: Flags) => sentences(files, flags, context));
    addExamples(
      cli,
      "clinicalbert sentences --sections corrected notes.jsonl > sentences.jsonl",
      "clinicalbert sentences --splitter spacy --model en_core_sci_md-0.5.4.tar.gz notes.jsonl",
      `echo '{"id":1,"text":"Seen by Dr. Ho. No pain."}' | clinicalbert sentences`,
    );
  },
};

async function sentences(files: readonly string[], flags: Flags, context: CliContext): Promise<void> {
  const unit = parseOffsetUnit(flags.offsets);
  const splitter = await openSentenceSplitter({
    splitter: flags.splitter,
    model: flags.model,
    sentenceRules: flags.rules,
  });
  if (splitter.provenance !== undefined) context.stderr.write(`${splitter.provenance}\n`);
  const sections =
    flags.sections === undefined ? null : createSectionSplitter(flags.sections as SectionRules);
  await filterJsonLines(context, files, (record) => {
    const text = textOf(record);
    const convert = spanConverter(text, unit);
    const found = sections === null ? splitter.split(text) : splitNoteSentences(text, sections, splitter);
    return {
      sentences: found.map((sentence) => ({ text: sentence.text, spans: sentence.spans.map(convert) })),
    };
  });
}
