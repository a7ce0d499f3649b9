/** @file The flags by which a command is told its tokenizer: vocabulary, case, dialect, placeholders. */
import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { ClinicalBertError } from "../errors.js";
import { inferCase } from "../tokens/case-inference.js";
import { DIALECTS, type Dialect } from "../tokens/dialect.js";
import { decodeVocabulary } from "../tokens/vocabulary.js";
import { WordPieceTokenizer } from "../tokens/wordpiece-tokenizer.js";
import { fileError } from "../util/file-error.js";
import type { CliContext } from "./context.js";

export interface TokenizerFlags {
  readonly vocab: string;
  readonly case: "cased" | "uncased" | "infer";
  readonly lowercase?: boolean;
  readonly dialect: Dialect;
  readonly placeholderToken?: string;
}

export function addTokenizerFlags(cli: Command): Command {
  return cli
    .requiredOption("--vocab <file>", "vocab.txt: one word piece a line")
    .addOption(
      new Option("--case <case>", "uncased lower-cases the text; infer asks the vocabulary, and says so")
        .choices(["cased", "uncased", "infer"])
        .default("infer"),
    )
    .option("--lowercase", "the same as --case uncased")
    .addOption(
      new Option("--dialect <name>", "of create_pretraining_data.py, or of AutoTokenizer")
        .choices(DIALECTS)
        .default("google"),
    )
    .option(
      "--placeholder-token <token>",
      "a token of the vocabulary for each [**…**] or ___; otherwise text",
    );
}

/** Reads the vocabulary and says on standard error what case was taken where it was not given. */
export function openTokenizer(flags: TokenizerFlags, context: CliContext): WordPieceTokenizer {
  if (flags.lowercase === true && flags.case === "cased")
    throw new ClinicalBertError("USAGE", "--lowercase and --case cased contradict each other.");
  const vocabulary = decodeVocabulary(readVocabularyBytes(flags.vocab));
  return new WordPieceTokenizer(vocabulary, {
    dialect: flags.dialect,
    lowercase: decideCase(),
    ...(flags.placeholderToken === undefined ? {} : { placeholderToken: flags.placeholderToken }),
  });

  function decideCase(): boolean {
    if (flags.lowercase === true || flags.case === "uncased") return true;
    if (flags.case === "cased") return false;
    const { lowercase, reason } = inferCase(vocabulary);
    context.stderr.write(`clinicalbert: ${flags.vocab} is taken for ${reason}; --case says otherwise.\n`);
    return lowercase;
  }
}

function readVocabularyBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileError(error, path);
  }
}
