/** @file `clinicalbert reproduce alsentzer2019`: pretrains and fine-tunes what the given data allow, and prints each figure beside the paper's. */
import { availableParallelism } from "node:os";
import { InvalidArgumentError } from "commander";
import { ClinicalBertError } from "../../errors.js";
import { estimateReproduction, type ReproductionEstimate } from "../../recipes/estimate-reproduction.js";
import {
  planReproduction,
  type PretrainStage,
  type ReproducedFigure,
  type ReproduceOptions,
  type ReproductionPlan,
  reproduce,
} from "../../recipes/reproduce.js";
import { PAPER_MODELS, type PaperModel } from "../../recipes/table-2.js";
import { DEVICES, type Device } from "../../runtime/ort-node.js";
import { SECTION_RULES, type SectionRules } from "../../sections/index.js";
import { type Scores, startFinetuning } from "../../tasks/finetuning/index.js";
import { columns } from "../columns.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { createFinetuneView } from "../finetune-view.js";
import { oneOf, wholeNumber } from "../options.js";
import { pretrainPreset } from "../pretrain-preset.js";
import { sameCommand } from "../same-command.js";

interface ReproduceFlags {
  readonly model: Partial<Record<PaperModel, string>>;
  readonly mimic?: string[];
  readonly rules: SectionRules;
  readonly splitterModel?: string;
  readonly pretrainSteps?: number;
  readonly mednli?: string;
  readonly i2b2?: string;
  readonly grid: "paper" | "none";
  readonly dryRun?: true;
  readonly threads: number;
  readonly device: Device;
  readonly out: string;
  readonly json?: true;
}

const PAPERS = ["alsentzer2019"] as const;

export const command: CliCommand = {
  configure(command, context) {
    command
      .argument("<paper>", PAPERS.join(", "), oneOf(PAPERS))
      .option(
        "--model <name=source>",
        `a model of the table, repeatable: ${PAPER_MODELS.join(", ")}`,
        addModel,
        {},
      )
      .option(
        "--mimic <sources...>",
        "notes (NOTEEVENTS.csv.gz) to pretrain the clinical models on that are not given",
      )
      .option(
        "--rules <set>",
        `with --mimic: section rules, ${SECTION_RULES.join(" or ")}; the published ones lose text, as the paper did`,
        oneOf(SECTION_RULES),
        "alsentzer2019",
      )
      .option(
        "--splitter-model <path>",
        "with --mimic: folder or archive of en_core_sci_md 0.1.0, which the paper split sentences with",
      )
      .option(
        "--pretrain-steps <n>",
        "with --mimic: updates of each pretraining, for a trial of the whole way (published: 150000, of discharge summaries 100000)",
        wholeNumber(1),
      )
      .option("--mednli <folder>", "with mli_train_v1.jsonl, mli_dev_v1.jsonl, mli_test_v1.jsonl")
      .option(
        "--i2b2 <folder>",
        "the archives of the data portal, unpacked anywhere below it; or 2006, 2010, 2012, 2014, each with entries named train… and test…",
      )
      .option(
        "--grid <name>",
        "paper: every point of its grid, the best on dev counts; none: one point",
        oneOf(["paper", "none"]),
        "paper",
      )
      .option(
        "--dry-run",
        "print the plan, what is missing, and hours on this machine after a short measurement",
      )
      .option("--threads <n>", "threads of the arithmetic", wholeNumber(1), availableParallelism())
      .option("--device <name>", DEVICES.join(", "), oneOf(DEVICES), "cpu")
      .option("--out <folder>", "the folder of all runs; unfinished ones in it are continued", "reproduction")
      .option("--json", "print plan or figures as one JSON object")
      .action((_: string, flags: ReproduceFlags) => run(context, flags));
    addExamples(
      command,
      "clinicalbert reproduce alsentzer2019 --dry-run",
      "clinicalbert reproduce alsentzer2019 --model bio-clinical-bert=emilyalsentzer/Bio_ClinicalBERT --mednli mednli-1.0.0/ --out runs/paper",
      "clinicalbert reproduce alsentzer2019 --model bert=cased_L-12_H-768_A-12 --model biobert=biobert_v1.0_pubmed_pmc --mimic NOTEEVENTS.csv.gz --mednli mednli/ --i2b2 i2b2/ --dry-run",
    );
    command.addHelpText(
      "after",
      "\nPretraining has the sections of the published script (--rules corrected repairs them), fine-tuning the preset alsentzer2019, quirks\nincluded. The paper's development splits of i2b2 2010, 2012 and 2014 cannot be\nrebuilt; ours are seeded, so compare with a tolerance. A stopped reproduction goes on when the same command is given again.\n",
    );
  },
};

function addModel(
  text: string,
  known: Partial<Record<PaperModel, string>>,
): Partial<Record<PaperModel, string>> {
  const at = text.indexOf("=");
  const model = PAPER_MODELS.find((name) => name === text.slice(0, at));
  if (model === undefined || at === text.length - 1)
    throw new InvalidArgumentError(`It must be NAME=SOURCE, with NAME one of ${PAPER_MODELS.join(", ")}.`);
  return { ...known, [model]: text.slice(at + 1) };
}

async function run(context: CliContext, flags: ReproduceFlags): Promise<void> {
  const ofPretraining = { "--splitter-model": flags.splitterModel, "--pretrain-steps": flags.pretrainSteps };
  for (const [flag, value] of Object.entries(ofPretraining))
    if (value !== undefined && flags.mimic === undefined)
      throw new ClinicalBertError("USAGE", `${flag} is of pretraining, which needs --mimic with the notes.`);
  const options: ReproduceOptions = {
    models: flags.model,
    mimic: flags.mimic ?? null,
    splitterModel: flags.splitterModel ?? null,
    pretrainSteps: flags.pretrainSteps ?? null,
    mednli: flags.mednli ?? null,
    i2b2: flags.i2b2 ?? null,
    folder: flags.out,
    grid: flags.grid === "paper",
    device: flags.device,
    threads: flags.threads,
  };
  const plan = await planReproduction(options);
  const json = flags.json === true;
  if (flags.dryRun === true) {
    const estimate = await estimateReproduction(options, plan, context.signal);
    context.stdout.write(
      json
        ? `${JSON.stringify({ pretraining: plan.pretraining, finetuning: plan.finetuning, missing: plan.missing, estimate })}\n`
        : `${describeEstimate(estimate)}${describeMissing(plan)}`,
    );
    return;
  }
  if (!json) context.stderr.write(describeMissing(plan));
  if (plan.pretraining.length + plan.finetuning.length === 0)
    throw new ClinicalBertError("USAGE", "Nothing can be reproduced with what is given.", {
      remedy: "Give a --model and --mednli or --i2b2; --dry-run lists what is missing and where it is had.",
    });
  const figures = await runPlan(context, options, plan, flags.rules);
  if (figures === null)
    throw new ClinicalBertError("ABORTED", `Stopped; ${flags.out} keeps what is done.`, {
      remedy: `To go on, give the same command again: ${sameCommand()}`,
    });
  context.stdout.write(
    json ? `${JSON.stringify({ figures, missing: plan.missing })}\n` : describeFigures(figures),
  );
}

function runPlan(
  context: CliContext,
  options: ReproduceOptions,
  plan: ReproductionPlan,
  rules: SectionRules,
): Promise<ReproducedFigure[] | null> {
  const { mimic, pretrainSteps: steps, splitterModel, device, threads } = options;
  return reproduce(options, plan, {
    start: (job, onEvent) => startFinetuning(job, { signal: context.signal, onEvent }),
    pretrain: (stage: PretrainStage) => {
      context.stderr.write(`clinicalbert: pretraining ${stage.model}\n`);
      return pretrainPreset(context, {
        ...stage,
        notes: mimic!,
        rules,
        steps,
        splitterModel,
        device,
        threads,
      });
    },
    onStage: ({ model, task }, runs) => {
      context.stderr.write(`clinicalbert: ${model} on ${task}: ${runs} ${runs === 1 ? "run" : "runs"}\n`);
      return createFinetuneView(context, runs);
    },
    onFigure: ({ model, task, ours, paper }) =>
      context.stderr.write(
        `clinicalbert: ${model} on ${task}: ${ours.metric} ${describePercent(ours)}, the paper ${paper.toFixed(1)}\n`,
      ),
  });
}

/** `81.2 [79.3, 83.0]`. */
function describePercent({ score, interval }: Scores): string {
  const bounds =
    interval === null ? "" : ` [${interval.map((bound) => (100 * bound).toFixed(1)).join(", ")}]`;
  return `${(100 * score).toFixed(1)}${bounds}`;
}

const FIGURE_HEAD = ["model", "task", "ours", "95 % interval", "paper", "difference", "point"];

function describeFigures(figures: readonly ReproducedFigure[]): string {
  const rows = figures.map(({ model, task, ours: { score, interval, metric }, paper, point }) => [
    model,
    `${task} (${metric})`,
    (100 * score).toFixed(1),
    interval === null ? "-" : interval.map((bound) => (100 * bound).toFixed(1)).join("–"),
    paper.toFixed(1),
    (100 * score - paper).toFixed(1),
    point,
  ]);
  return columns([FIGURE_HEAD, ...rows]);
}

function describeEstimate({ tokensPerSecond, parameters, stages, totalHours }: ReproductionEstimate): string {
  const head = `measured: ${tokensPerSecond.toFixed(0)} tokens/s of fine-tuning a model of ${parameters} parameters (4 sequences of 128 tokens)\n`;
  if (stages.length === 0) return `${head}No stage can run with what is given.\n`;
  const rows = stages.map(({ stage, runs, hours }) => [stage, String(runs), hours.toFixed(1)]);
  return `${head}${columns([["stage", "runs", "hours"], ...rows, ["all", "", totalHours.toFixed(1)]])}`;
}

function describeMissing({ missing }: ReproductionPlan): string {
  if (missing.length === 0) return "";
  return `missing:\n${missing.map(({ part, remedy }) => `  ${part}: ${remedy}\n`).join("")}`;
}
