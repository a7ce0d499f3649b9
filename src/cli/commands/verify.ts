/** @file `clinicalbert verify`: proves on a published model that this package reads it as Python does. */
import { readVerificationTable, type VerificationReport, verifyModel } from "../../pipelines/verify-model.js";
import { addExamples, type CliCommand } from "../context.js";

interface VerifyFlags {
  readonly table?: string;
  readonly json?: boolean;
}

export const command: CliCommand = {
  configure(command, context) {
    command
      .argument("<folder>", "a folder with config.json, vocab.txt and weights of any format")
      .option("--table <file>", "what Python computes, written by docs/verify/make_table.py of this package")
      .option("--json", "the report as JSON")
      .action(async (folder: string, flags: VerifyFlags) => {
        const table = flags.table === undefined ? null : await readVerificationTable(flags.table);
        const onNotice = (notice: string): unknown => context.stderr.write(`clinicalbert: ${notice}\n`);
        const report = await verifyModel(folder, table, { on_notice: onNotice });
        context.stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : describe(report));
        if (report.checks.some(({ passed }) => !passed)) context.exitCode = 1;
      });
    addExamples(
      command,
      "python docs/verify/make_table.py ./Bio_ClinicalBERT table.json cased",
      "clinicalbert verify ./Bio_ClinicalBERT --table table.json",
    );
    command.addHelpText(
      "after",
      "\nWithout a table: files' SHA-256, shapes, finite numbers, and twenty fillings to be read.\n",
    );
  },
};

function describe({ model, heads, sha256, checks, fillings }: VerificationReport): string {
  return [
    `${model}: heads ${heads.join(", ") || "none"}`,
    ...Object.entries(sha256).map(([name, hash]) => `${hash}  ${name}`),
    ...fillings.map(
      ({ text, fillings: [best] }) => `${text} ${best?.token_str ?? ""} (${best?.score.toFixed(3) ?? ""})`,
    ),
    ...checks.map(
      ({ what, passed, detail }) =>
        `${passed ? "ok    " : "FAILED"} ${what}${detail === "" ? "" : ` (${detail})`}`,
    ),
    "",
  ].join("\n");
}
