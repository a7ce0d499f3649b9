/** @file `clinicalbert report`: one HTML page about a pretraining run, or about several beside each other. */
import { runReport } from "../../recipes/run-report.js";
import { addExamples, type CliCommand } from "../context.js";
import { withOutput } from "../output.js";

interface Flags {
  readonly out: string;
}

export const command: CliCommand = {
  configure(cli, context) {
    cli
      .argument("<runs...>", "run folders of pretrain; several are compared")
      .option("--out <file>", "the page; - for standard output", "-")
      .action(async (runs: string[], { out }: Flags) => {
        const page = await runReport(runs);
        await withOutput(context, out, (output) => output.write(page));
      });
    addExamples(
      cli,
      "clinicalbert report runs/small --out small.html",
      "clinicalbert report runs/clinical runs/general --out comparison.html",
    );
    cli.addHelpText("after", "\nThe page holds no text of a note and loads nothing from outside.\n");
  },
};
