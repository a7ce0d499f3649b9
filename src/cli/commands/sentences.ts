/** @file `clinicalbert sentences`: texts or notes to sentences, as JSON lines. */
import { openFastSplitter } from "../../corpus/open-fast-splitter.js";
import { ClinicalBertError } from "../../errors.js";
import { createSectionSplitter, SECTION_RULES, type SectionRules } from "../../sections/index.js";
import {
  type Sentence,
  type SentenceSplitter,
  sectionTexts,
  splitAhead,
  splitNoteSentences,
} from "../../sentences/index.js";
import { SENTENCE_SPLITTERS } from "../../sentences/open-splitter.js";
import { SPACY_SENTENCE_RULES } from "../../sentences/spacy-sentence-rules.js";
import { orRefusal } from "../../util/refusal-of.js";
import { batchCalls } from "../batch-calls.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { filterJsonLines, type JsonObject } from "../json-lines.js";
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

/** Lines that are split together, by a splitter that gains from it. */
const LINES_TOGETHER = 512;

async function sentences(files: readonly string[], flags: Flags, context: CliContext): Promise<void> {
  const unit = parseOffsetUnit(flags.offsets);
  const splitter = await openFastSplitter({
    splitter: flags.splitter,
    model: flags.model,
    sentenceRules: flags.rules,
  });
  const isFasterTogether = splitter.splitMany !== undefined;
  try {
    if (splitter.provenance !== undefined) context.stderr.write(`${splitter.provenance}\n`);
    const sections =
      flags.sections === undefined ? null : createSectionSplitter(flags.sections as SectionRules);
    const splitWith = (ready: SentenceSplitter, text: string): Sentence[] =>
      sections === null ? ready.split(text) : splitNoteSentences(text, sections, ready);
    const splitTogether = batchCalls(async (texts: readonly string[]) => {
      const ready = await splitAhead(splitter, sections === null ? texts : sectionTexts(texts, sections));
      return texts.map((text) => orRefusal(() => splitWith(ready, text)));
    });
    const answer = async (record: JsonObject): Promise<JsonObject> => {
      const text = textOf(record);
      const found = isFasterTogether ? await splitTogether(text) : splitWith(splitter, text);
      if (found instanceof ClinicalBertError) throw found;
      const convert = spanConverter(text, unit);
      return { sentences: found.map(({ text: line, spans }) => ({ text: line, spans: spans.map(convert) })) };
    };
    await filterJsonLines(context, files, answer, isFasterTogether ? LINES_TOGETHER : 1);
  } finally {
    await splitter.dispose?.();
  }
}
