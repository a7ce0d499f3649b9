/** @file `clinicalbert embed`: texts to vectors, as JSON lines. */
import type { Tensor } from "../../graph/tensor.js";
import { POOLINGS, type Pooling, pipeline } from "../../pipelines/index.js";
import { batchCalls } from "../batch-calls.js";
import { addExamples, type CliCommand } from "../context.js";
import { filterJsonLines } from "../json-lines.js";
import { addModelFlags, LINES_AT_ONCE, type ModelFlags, modelOptions, textOf } from "../model-flags.js";

interface EmbedFlags extends ModelFlags {
  readonly pooling: Pooling;
  readonly normalize?: boolean;
}

export const command: CliCommand = {
  configure(command, context) {
    addModelFlags(command)
      .argument("[files...]", "JSON lines with id and text; standard input when none is given")
      .option("--pooling <name>", `how token vectors become one: ${POOLINGS.join(", ")}`, "mean")
      .option("--normalize", "divide each vector by its length")
      .action(async (files: string[], flags: EmbedFlags) => {
        const extract = await pipeline("feature-extraction", flags.model, modelOptions(flags, context));
        const { pooling, normalize = false } = flags;
        try {
          const embed = batchCalls<string, unknown>(async (texts) => {
            const features = await extract(texts, { pooling, normalize });
            return Array.from(features as Iterable<Tensor>, (row) => row.tolist());
          });
          const answer = async (record: Record<string, unknown>) => ({
            embedding: await embed(textOf(record)),
          });
          await filterJsonLines(context, files, answer, LINES_AT_ONCE);
        } finally {
          await extract.dispose();
        }
      });
    addExamples(
      command,
      "clinicalbert embed --model emilyalsentzer/Bio_ClinicalBERT notes.jsonl > vectors.jsonl",
      `echo '{"id":1,"text":"No acute distress."}' | clinicalbert embed --model ./model --pooling cls`,
    );
    command.addHelpText(
      "after",
      "\nTexts longer than the model's length are cut there; split notes with `clinicalbert format` first.\n",
    );
  },
};
