/** @file The report of one pretraining run, or of several beside each other: recipe with origins, curves, held-out results. No text of a note. */
import { basename } from "node:path";
import { ClinicalBertError } from "../errors.js";
import type { HeldOutLine } from "../training/held-out.js";
import { type RunRecord, readRun, runPaths } from "../training/run-directory.js";
import { readStepLog } from "../training/step-log.js";
import type { StepMetrics } from "../training/training-loop.js";
import { type ChartLine, escapeHtml, lineChart } from "./line-chart.js";
import { lossChart, metricCurve, updatesAPoint } from "./metric-curves.js";
import { htmlPercent, htmlTable, LINE_COLOURS, reportPage } from "./report-page.js";

interface ReportedRun {
  readonly name: string;
  readonly record: RunRecord;
  readonly metrics: readonly StepMetrics[];
  readonly evaluations: readonly HeldOutLine[];
}

/** The page for the runs in `folders`. Throws `RUN_FOLDER` for a folder that is none, or for more than a chart can tell apart. */
export async function runReport(folders: readonly string[]): Promise<string> {
  if (folders.length > LINE_COLOURS)
    throw new ClinicalBertError(
      "RUN_FOLDER",
      `${folders.length} runs were given; a chart tells ${LINE_COLOURS} apart.`,
      { remedy: `Compare at most ${LINE_COLOURS} runs at once.` },
    );
  const runs = await Promise.all(folders.map(readReported));
  return runs.length === 1 ? singleReport(runs[0]!) : comparison(runs);
}

async function readReported(folder: string): Promise<ReportedRun> {
  const paths = runPaths(folder);
  const record = await readRun(paths).catch((error) => {
    if (error instanceof ClinicalBertError && error.code === "TRAINING_RESUME") return null;
    throw error;
  });
  if (record === null)
    throw new ClinicalBertError("RUN_FOLDER", `${folder} has no recipe.json of pretrain.`, {
      details: { folder },
    });
  return {
    name: basename(folder),
    record,
    metrics: readStepLog<StepMetrics>(paths.metrics),
    evaluations: readStepLog<HeldOutLine>(paths.evaluations),
  };
}

function singleReport({ name, record, metrics, evaluations }: ReportedRun): string {
  const { recipe, data, versions } = record;
  const { config, steps } = recipe;
  const done = metrics.at(-1)?.step ?? 0;
  return reportPage(
    `Pretraining: ${name}`,
    `<p>A BERT with ${config.layerCount} layers of ${config.hiddenSize} units, ${recipe.init === null ? "from random weights" : "from published weights"}:
${done} of ${steps} updates of ${recipe.batchSize} sequences are done.</p>
<h2>Held-out results</h2>
${evaluationTable(evaluations)}
${heldOutChart([{ label: "held out", points: evaluations.map((line) => [line.step, line.masked_lm_loss]) }], evaluations.length)}
<h2>Training</h2>
${lossChart(metrics)}
${lineChart([metricCurve("masked token", metrics, "masked_lm_accuracy"), metricCurve("next sentence", metrics, "next_sentence_accuracy")], { title: "Training accuracies", xLabel: "update", yLabel: "accuracy", yRange: [0, 1] })}
${lineChart([metricCurve("learning rate", metrics, "learning_rate")], { title: "Learning rate", xLabel: "update", yLabel: "rate" })}
<p class="note">Curves are means over ${updatesAPoint(metrics)} updates on training batches. Median speed: ${speed(metrics)} sequences a second.</p>
<h2>Recipe</h2>
${recipeTable(record)}
<h2>Data and versions</h2>
${htmlTable(
  ["file", "bytes"],
  data.map(({ name: file, bytes }) => [escapeHtml(file), String(bytes)]),
)}
${htmlTable(
  ["program", "version"],
  Object.entries(versions).map((pair) => pair.map(escapeHtml)),
)}
<p class="note">This page holds no text of a note and loads nothing from outside.</p>`,
  );
}

function comparison(runs: readonly ReportedRun[]): string {
  const rows = runs.map(({ name, record, metrics, evaluations }) => {
    const best = bestOf(evaluations);
    return [
      escapeHtml(name),
      `${metrics.at(-1)?.step ?? 0} of ${record.recipe.steps}`,
      meanOfLast(metrics).toFixed(3),
      ...(best === null
        ? ["", "", ""]
        : [
            `${best.masked_lm_loss.toFixed(4)} <small>(update ${best.step})</small>`,
            htmlPercent(best.masked_lm_accuracy),
            htmlPercent(best.next_sentence_accuracy),
          ]),
      speed(metrics),
    ];
  });
  const evaluated = runs.filter(({ evaluations }) => evaluations.length > 0);
  return reportPage(
    `Pretraining: ${runs.length} runs`,
    `<h2>Results</h2>
${htmlTable(["run", "updates", "training loss, last tenth", "best held-out masked-LM loss", "its accuracy", "next sentence", "sequences/s"], rows)}
<p class="note">Held-out figures can be compared between runs that were judged on the same instances.</p>
${heldOutChart(
  evaluated.map(({ name, evaluations }) => ({
    label: name,
    points: evaluations.map((line) => [line.step, line.masked_lm_loss] as const),
  })),
  evaluated.length,
)}
<h2>Training</h2>
${lineChart(
  runs.map(({ name, metrics }) => metricCurve(name, metrics, "masked_lm_loss")),
  { title: "Masked-LM losses in training", xLabel: "update", yLabel: "loss" },
)}
${lineChart(
  runs.map(({ name, metrics }) => metricCurve(name, metrics, "next_sentence_accuracy")),
  { title: "Next-sentence accuracies in training", xLabel: "update", yLabel: "accuracy", yRange: [0, 1] },
)}
<h2>What differs</h2>
${differences(runs)}
<p class="note">This page holds no text of a note and loads nothing from outside.</p>`,
  );
}

function heldOutChart(lines: readonly ChartLine[], count: number): string {
  if (count === 0) return "";
  return lineChart(lines, { title: "Held-out masked-LM loss", xLabel: "update", yLabel: "loss" });
}

function evaluationTable(evaluations: readonly HeldOutLine[]): string {
  if (evaluations.length === 0) return "<p>No held-out instances were given.</p>";
  const best = bestOf(evaluations);
  return htmlTable(
    ["update", "masked-LM loss", "accuracy", "next-sentence accuracy", "sequences", ""],
    evaluations.map((line) => [
      String(line.step),
      line.masked_lm_loss.toFixed(4),
      htmlPercent(line.masked_lm_accuracy),
      htmlPercent(line.next_sentence_accuracy),
      String(line.sequences),
      line === best ? "best" : "",
    ]),
  );
}

function bestOf(evaluations: readonly HeldOutLine[]): HeldOutLine | null {
  return evaluations.reduce<HeldOutLine | null>(
    (best, line) => (best === null || line.masked_lm_loss < best.masked_lm_loss ? line : best),
    null,
  );
}

/** The recipe without its paths, which may name people or places. */
const PATHS = new Set(["init", "instances", "heldOut", "vocabulary", "config"]);

function plainValues({ recipe }: RunRecord): Map<string, string> {
  const entries = [
    ...Object.entries(recipe),
    ...Object.entries(recipe.config).map(([k, v]) => [`model ${k}`, v]),
  ];
  return new Map(
    (entries as [string, unknown][])
      .filter(([name]) => !PATHS.has(name))
      .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

function recipeTable(record: RunRecord): string {
  return htmlTable(
    ["value", "", "from"],
    [...plainValues(record)].map(([name, value]) =>
      [name, value, record.origins[name] ?? ""].map(escapeHtml),
    ),
  );
}

function differences(runs: readonly ReportedRun[]): string {
  const values = runs.map(({ record }) => plainValues(record));
  const names = [...new Set(values.flatMap((each) => [...each.keys()]))];
  const differing = names.filter((name) => new Set(values.map((each) => each.get(name))).size > 1);
  if (differing.length === 0) return "<p>The recipes have the same values; data or start differ.</p>";
  return htmlTable(
    ["value", ...runs.map(({ name }) => escapeHtml(name))],
    differing.map((name) => [escapeHtml(name), ...values.map((each) => escapeHtml(each.get(name) ?? ""))]),
  );
}

function meanOfLast(metrics: readonly StepMetrics[]): number {
  const last = metrics.slice(-Math.max(1, Math.round(metrics.length / 10)));
  return last.reduce((sum, { loss }) => sum + loss, 0) / Math.max(1, last.length);
}

function speed(metrics: readonly StepMetrics[]): string {
  const rates = metrics.map((line) => line.sequences_per_second).sort((a, b) => a - b);
  return (rates[Math.floor(rates.length / 2)] ?? 0).toPrecision(3);
}
