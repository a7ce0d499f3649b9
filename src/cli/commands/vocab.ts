/** @file `clinicalbert vocab`: learns word pieces from a corpus, or extends a published vocabulary, without letting patients out. */
import { readFileSync } from "node:fs";
import { Option } from "commander";
import { ClinicalBertError } from "../../errors.js";
import { eachLine, readCorpusBlocks } from "../../instances/corpus-blocks.js";
import { extendVocabulary } from "../../tokens/extend-vocabulary.js";
import { trainVocabulary } from "../../tokens/train-vocabulary.js";
import { decodeVocabulary, formatVocabulary } from "../../tokens/vocabulary.js";
import {
  type AuditedPiece,
  NO_VOCABULARY_PRIVACY,
  type VocabularyPrivacy,
} from "../../tokens/vocabulary-privacy.js";
import { countLine, WordCounter } from "../../tokens/word-counts.js";
import { writeAtomic } from "../../util/atomic-file.js";
import { fileError } from "../../util/file-error.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { wholeNumber } from "../options.js";

interface Flags {
  readonly corpus: readonly string[];
  readonly out: string;
  readonly size: number;
  readonly case: "cased" | "uncased";
  readonly extend?: string;
  readonly minFrequency: number;
  readonly limitAlphabet: number;
  readonly patients?: string;
  readonly minPatients: number;
  readonly maxDigits: number;
  readonly privacy: boolean;
  readonly maxWords: number;
  readonly audit?: string;
  readonly json?: boolean;
}

/** Lines of the audit list that are printed; --audit writes all. */
const PRINTED = 30;

export const command: CliCommand = {
  configure(cli, context) {
    cli
      .requiredOption("--corpus <files...>", "one sentence a line, a blank line between documents")
      .requiredOption("--out <file>", "vocab.txt to write; FILE.json beside it records how it was made")
      .addOption(
        new Option("--case <case>", "uncased: lower case, no accents")
          .choices(["cased", "uncased"])
          .makeOptionMandatory(),
      )
      .option("--size <n>", "tokens of the vocabulary", wholeNumber(10), 30_000)
      .option("--extend <file>", "fill the [unusedN] slots of this vocab.txt instead")
      .option("--min-frequency <n>", "a rarer pair is not joined", wholeNumber(0), 2)
      .option("--limit-alphabet <n>", "characters that are kept", wholeNumber(1), 1000)
      .option("--patients <file>", "the patient of each document, one a line; else each document is one")
      .option("--min-patients <n>", "different patients that a piece needs", wholeNumber(0), 20)
      .option("--max-digits <n>", "digits that may stand side by side in a piece", wholeNumber(1), 4)
      .option("--no-privacy", "refuse nothing: only for text without patients")
      .option("--max-words <n>", "different words that are held in memory", wholeNumber(1), 4_000_000)
      .option("--audit <file>", "write every learned piece with its counts, tab-separated")
      .option("--json", "print the record as JSON")
      .action((flags: Flags) => vocab(flags, context));
    addExamples(
      cli,
      "clinicalbert vocab --corpus corpus.txt --case uncased --size 30000 --out vocab.txt",
      "clinicalbert vocab --corpus corpus.txt --case cased --extend bert/vocab.txt --out vocab.txt",
      "clinicalbert vocab --corpus corpus.txt --case cased --patients patients.txt --audit audit.tsv --out vocab.txt",
    );
  },
};

async function vocab(flags: Flags, context: CliContext): Promise<void> {
  const { size, minFrequency, limitAlphabet, minPatients, maxDigits } = flags;
  const privacy = flags.privacy ? { minPatients, maxDigits } : NO_VOCABULARY_PRIVACY;
  const counter = await countCorpus(flags, privacy, context);
  const result =
    flags.extend === undefined
      ? trainVocabulary(counter.words, { size, minFrequency, limitAlphabet, privacy })
      : extendVocabulary(decodeVocabulary(readBytes(flags.extend)), counter.words, { privacy, minFrequency });
  const { audit, refused, vocabulary, ...more } = result;
  const record = {
    privacy: flags.privacy ? privacy : null,
    patients: flags.patients === undefined ? "documents" : "named",
    case: flags.case,
    minFrequency,
    ...(flags.extend === undefined ? { limitAlphabet } : { extended: flags.extend }),
    tokens: vocabulary.tokens.length,
    learned: audit.length,
    refused,
    ...more,
  };
  if (flags.audit !== undefined) await writeAtomic(flags.audit, auditLines(audit));
  await writeAtomic(flags.out, formatVocabulary(vocabulary));
  await writeAtomic(`${flags.out}.json`, `${JSON.stringify(record, null, 1)}\n`);
  if (flags.json === true) context.stdout.write(`${JSON.stringify(record)}\n`);
  else context.stdout.write(describe(audit, refused, flags.out));
}

async function countCorpus(
  flags: Flags,
  privacy: VocabularyPrivacy,
  context: CliContext,
): Promise<WordCounter> {
  const counter = new WordCounter({
    dialect: "huggingface",
    lowercase: flags.case === "uncased",
    patientLimit: Math.max(1, privacy.minPatients),
    maxWords: flags.maxWords,
  });
  const patientOf = flags.patients === undefined ? undefined : readPatients(flags.patients);
  for (const file of flags.corpus)
    for await (const { text } of readCorpusBlocks(file)) {
      context.signal.throwIfAborted();
      eachLine(text, (from, to) => countLine(counter, text, from, to, patientOf));
    }
  return counter;
}

/** Line d of the file is the patient of document d; equal lines are one patient. */
function readPatients(path: string): (document: number) => number {
  const names = readBytes(path).toString("utf8").split("\n");
  const numberOf = new Map<string, number>();
  const numbers = names.map((name) => {
    const key = name.trim();
    if (!numberOf.has(key)) numberOf.set(key, numberOf.size);
    return numberOf.get(key)!;
  });
  return (document) => {
    const patient = numbers[document];
    if (patient === undefined || names[document]!.trim() === "")
      throw new ClinicalBertError("USAGE", `${path} has no line for document ${document + 1} of the corpus.`);
    return patient;
  };
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileError(error, path);
  }
}

function auditLines(audit: readonly AuditedPiece[]): string {
  const rows = audit.map(
    ({ piece, count, words, patients }) => `${piece}\t${count}\t${words}\t${patients}\n`,
  );
  return `piece\tcount\twords\tpatients\n${rows.join("")}`;
}

function describe(audit: readonly AuditedPiece[], refused: number, out: string): string {
  return [
    `${audit.length} pieces learned, ${refused} refused by the privacy rules; wrote ${out} and ${out}.json`,
    `the ${Math.min(PRINTED, audit.length)} with the least behind them, to be looked at before the file leaves the building:`,
    auditLines(audit.slice(0, PRINTED)),
  ].join("\n");
}
