/** @file `clinicalbert tokenize`: texts to word pieces, as JSON lines. */
import { ClinicalBertError } from "../../errors.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { filterJsonLines } from "../json-lines.js";
import { OFFSETS_FLAG, OFFSETS_HELP, parseOffsetUnit, spanConverter } from "../offset-units.js";
import { addTokenizerFlags, openTokenizer, type TokenizerFlags } from "../tokenizer-flags.js";

interface Flags extends TokenizerFlags {
  readonly specialTokens?: boolean;
  readonly offsets: string;
}

export const command: CliCommand = {
  configure(cli, context) {
    cli.argument("[files...]", 'JSON lines {"text"}; standard input when there are none');
    addTokenizerFlags(cli)
      .option("--special-tokens", "put [CLS] before and [SEP] after each text")
      .option(OFFSETS_FLAG, OFFSETS_HELP, "utf16")
      .action((files: string[], flags: Flags) => tokenize(files, flags, context));
    addExamples(
      cli,
      "clinicalbert tokenize --vocab vocab.txt notes.jsonl > tokens.jsonl",
      `echo '{"text":"s/p CABG"}' | clinicalbert tokenize --vocab vocab.txt --case cased --offsets codepoint`,
    );
  },
};

async function tokenize(files: readonly string[], flags: Flags, context: CliContext): Promise<void> {
  const unit = parseOffsetUnit(flags.offsets);
  const tokenizer = openTokenizer(flags, context);
  const options = { addSpecialTokens: flags.specialTokens ?? false };
  await filterJsonLines(context, files, ({ text }) => {
    if (typeof text !== "string")
      throw new ClinicalBertError("USAGE", 'The line has no string under the key "text".');
    const { ids, tokens, spans } = tokenizer.encode(text, options);
    const convert = spanConverter(text, unit);
    return { ids: [...ids], tokens, spans: spans.map((span) => (span === null ? null : convert(span))) };
  });
}
