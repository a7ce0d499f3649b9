/** @file `clinicalbert purge`: removes a run, a demonstration or a corpus with all that it holds of patients. */
import { createInterface } from "node:readline/promises";
import { ClinicalBertError } from "../../errors.js";
import { type PurgePlan, planPurge, purge } from "../../recipes/purge.js";
import { gigabytes } from "../../training/memory.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";

interface Flags {
  readonly yes?: true;
  readonly json?: true;
}

export const command: CliCommand = {
  configure(cli, context) {
    cli
      .argument("<folder>", "a folder that pretrain, demo or format made")
      .option("--yes", "do not ask")
      .option("--json", "print what was removed as one JSON object")
      .action(async (folder: string, flags: Flags) => {
        const plan = await planPurge(folder);
        if (flags.yes !== true) await ask(plan, context);
        await purge(plan);
        context.stdout.write(
          flags.json === true
            ? `${JSON.stringify(plan)}\n`
            : `removed ${plan.files} files of ${plan.folder}\n`,
        );
      });
    addExamples(cli, "clinicalbert purge runs/small", "clinicalbert purge --yes corpus");
    cli.addHelpText(
      "after",
      "\nA folder without the mark of this package is refused. Files are unlinked, not overwritten: on a disk that must\nnot keep them, use its own means.\n",
    );
  },
};

async function ask(
  { folder, kind, files, bytes }: PurgePlan,
  { stdin, stderr, signal }: CliContext,
): Promise<void> {
  if (!stderr.isTTY)
    throw new ClinicalBertError("USAGE", `There is no terminal to ask at; ${folder} was left as it is.`, {
      remedy: "Give --yes to remove it without a question.",
    });
  const terminal = createInterface({ input: stdin, output: stderr });
  try {
    const question = `Remove the ${kind} ${folder} (${files} files, ${gigabytes(bytes)}) for good? Type yes: `;
    const answer = await terminal.question(question, { signal });
    if (answer.trim() !== "yes")
      throw new ClinicalBertError("ABORTED", "Nothing was removed.", { remedy: "Answer yes to remove it." });
  } finally {
    terminal.close();
  }
}
