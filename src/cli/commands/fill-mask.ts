/** @file `clinicalbert fill-mask`: the likeliest tokens in the place of [MASK], as JSON lines. */
import { type FillMaskResult, pipeline } from "../../pipelines/index.js";
import { batchCalls } from "../batch-calls.js";
import { addExamples, type CliCommand } from "../context.js";
import { filterJsonLines } from "../json-lines.js";
import { addModelFlags, LINES_AT_ONCE, type ModelFlags, modelOptions, textOf } from "../model-flags.js";
import { wholeNumber } from "../options.js";

interface FillMaskFlags extends ModelFlags {
  readonly topK: number;
}

export const command: CliCommand = {
  configure(command, context) {
    addModelFlags(command)
      .argument("[files...]", "JSON lines with id and text; standard input when none is given")
      .option("--top-k <n>", "fillings of each mask", wholeNumber(1), 5)
      .action(async (files: string[], flags: FillMaskFlags) => {
        const fill = await pipeline("fill-mask", flags.model, modelOptions(flags, context));
        try {
          const run = batchCalls<string, FillMaskResult[]>((texts) => fill(texts, { top_k: flags.topK }));
          const answer = async (record: Record<string, unknown>) => ({ fillings: await run(textOf(record)) });
          await filterJsonLines(context, files, answer, LINES_AT_ONCE);
        } finally {
          await fill.dispose();
        }
      });
    addExamples(
      command,
      `echo '{"text":"The patient has chest [MASK]."}' | clinicalbert fill-mask --model emilyalsentzer/Bio_ClinicalBERT`,
    );
    command.addHelpText(
      "after",
      "\nThe output holds the text of the input (`sequence`), as a filled mask must.\n",
    );
  },
};
