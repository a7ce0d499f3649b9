/** @file `clinicalbert format`: notes to a corpus of one sentence a line, for instance creation. */
import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { formatBatches } from "../../corpus/format-corpus.js";
import { startFormatWorkers } from "../../corpus/format-workers.js";
import { openFastSplitter } from "../../corpus/open-fast-splitter.js";
import type { CorpusManifest } from "../../corpus/manifest.js";
import { openNoteBatches } from "../../notes/open-notes.js";
import { isDatabaseAddress, placeOf } from "../../notes/postgres-source.js";
import { createSectionSplitter, SECTION_RULES, type SectionRules } from "../../sections/index.js";
import { openSentenceSplitter, SENTENCE_SPLITTERS } from "../../sentences/open-splitter.js";
import { SPACY_SENTENCE_RULES } from "../../sentences/spacy-sentence-rules.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { addNoteFlags, type NoteFlags, readNoteFlags } from "../note-flags.js";
import { requireOneOf, wholeNumber } from "../options.js";
import { packageVersion } from "../../util/package-version.js";
import { startProgress } from "../progress.js";

interface Flags extends NoteFlags {
  readonly out: string;
  readonly rules: string;
  readonly splitter: string;
  readonly model?: string;
  readonly sentenceRules?: string;
  readonly preset?: string;
  readonly diff?: string;
  readonly oneFile?: boolean;
  readonly threads: number;
  readonly json?: boolean;
}

export const command: CliCommand = {
  configure(cli, context) {
    cli
      .argument(
        "<sources...>",
        ".csv, .tsv, .jsonl, .parquet, .txt (also .gz), folders of .txt, or postgres:// addresses",
      )
      .requiredOption("--out <folder>", "folder of the corpus")
      .option("--rules <set>", `section rules: ${SECTION_RULES.join(", ")}`, "corrected")
      .option("--splitter <name>", `sentence splitter: ${SENTENCE_SPLITTERS.join(", ")}`, "rules")
      .option("--model <path>", "for the splitter spacy: folder, .tar.gz or .whl of a spaCy pipeline")
      .option("--sentence-rules <set>", `for the splitter spacy: ${SPACY_SENTENCE_RULES.join(", ")}`)
      .option(
        "--preset <name>",
        "alsentzer2019: the published script (its sections, spaCy with its rules; needs --model)",
      )
      .option("--diff <set>", "also say what these section rules would have made otherwise")
      .option("--one-file", "all notes in notes.txt instead of a file a category")
      .option("--threads <n>", "worker threads", wholeNumber(1), availableParallelism());
    addNoteFlags(cli)
      .option("--json", "print the manifest")
      .action((sources: string[], flags: Flags) => format(sources, flags, context));
    addExamples(
      cli,
      "clinicalbert format NOTEEVENTS.csv.gz --out corpus",
      'clinicalbert format NOTEEVENTS.csv --out corpus --category "Discharge summary" --exclude-errors --diff alsentzer2019',
      "clinicalbert format NOTEEVENTS.csv --out corpus --preset alsentzer2019 --model en_core_sci_md-0.1.0.tar.gz",
      'clinicalbert format postgres://reader@localhost/mimic --where "subject_id < 1000" --out corpus',
    );
  },
};

async function format(sources: readonly string[], flags: Flags, context: CliContext): Promise<void> {
  const preset = requireOneOf("--preset", flags.preset, ["alsentzer2019"]);
  const sectionRules = preset ?? (flags.rules as SectionRules);
  const sections = createSectionSplitter(sectionRules);
  const sentenceOptions = {
    splitter: preset === undefined ? flags.splitter : "spacy",
    model: flags.model,
    sentenceRules: preset ?? flags.sentenceRules,
  };
  const { threads } = flags;
  // Worker threads open their own.
  const sentences = await (threads === 1 ? openFastSplitter : openSentenceSplitter)(sentenceOptions);
  if (sentences.provenance !== undefined) context.stderr.write(`${sentences.provenance}\n`);
  const diff = flags.diff === undefined ? null : createSectionSplitter(flags.diff as SectionRules);
  const byCategory = flags.oneFile !== true;
  const filters = readNoteFlags(flags);
  const worker =
    threads === 1
      ? null
      : startFormatWorkers(
          threads,
          { sectionRules, sentences: sentenceOptions, byCategory, diff: diff?.rules ?? null },
          context.signal,
        );
  const progress = startProgress(context, "format", 0, "notes");
  try {
    const manifest = await formatBatches(openNoteBatches(sources, filters), {
      out: flags.out,
      sections,
      sentences,
      byCategory,
      diff,
      source: { sources: await Promise.all(sources.map(describeSource)), filters },
      strict: flags.strict ?? false,
      packageVersion: packageVersion(),
      ...(worker === null ? {} : { worker }),
      signal: context.signal,
      onProgress: (notes) => progress.update(notes),
    });
    progress.finish();
    context.stdout.write(flags.json ? `${JSON.stringify(manifest)}\n` : summary(manifest, flags.out));
  } finally {
    progress.finish();
    await worker?.close();
    await sentences.dispose?.();
  }
}

/** What a source was when the run began: a changed file begins a new run. The address of a database keeps its password out. */
async function describeSource(source: string): Promise<Readonly<Record<string, string | number>>> {
  if (isDatabaseAddress(source)) return { database: placeOf(source) };
  try {
    const { size, mtimeMs } = await stat(source);
    return { path: source, bytes: size, modified: Math.round(mtimeMs) };
  } catch {
    // Whatever is wrong is said when the source is read.
    return { path: source };
  }
}

function summary(manifest: CorpusManifest, out: string): string {
  const { notes, sections, sentences, blankLines, words } = manifest.counts;
  const lines = [`${out}: ${notes} notes, ${sections} sections, ${sentences} sentences, ${words} words`];
  for (const { file, category, counts } of manifest.files)
    lines.push(`  ${file}: ${counts.notes} notes${category === "" ? "" : ` of "${category}"`}`);
  if (blankLines > 0) lines.push(`  ${blankLines} lines of white space alone, which the preset keeps`);
  for (const [code, count] of Object.entries(manifest.refusedNotes))
    lines.push(`  ${count} notes refused: ${code}`);
  for (const [reason, count] of Object.entries(manifest.refusedRows))
    lines.push(`  ${count} rows malformed: ${reason}`);
  if (manifest.differences !== null) {
    const { notes: changed, refusals, sentencesHere, sentencesThere } = manifest.differences;
    lines.push(
      `  ${manifest.diff}: ${changed} notes otherwise, of those ${refusals} refused by one; ${sentencesHere} sentences only here, ${sentencesThere} only there`,
    );
  }
  if (Object.keys(manifest.refusedNotes).length + Object.keys(manifest.refusedRows).length > 0)
    lines.push("  refused.jsonl names each of them.");
  return `${lines.join("\n")}\n`;
}
