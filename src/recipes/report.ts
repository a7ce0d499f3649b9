/** @file The report of a demonstration: one HTML file with everything inside it, in light or dark. No text of a note. */
import { readFile } from "node:fs/promises";
import type { StepMetrics } from "../training/run-directory.js";
import type { DemoExample, DemoResult, DemoScores } from "./demo.js";
import { type ChartLine, escapeHtml, lineChart } from "./line-chart.js";
import { STAGE_COLUMNS, stageRow } from "./stage-row.js";

/** Points of a curve; each is the mean of as many steps as fit. */
const CURVE_POINTS = 80;

/** The page for `result`; the curves come from the `metrics.jsonl` of its run. */
export async function demoReport(result: DemoResult, metricsPath: string): Promise<string> {
  const metrics = (await readFile(metricsPath, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as StepMetrics);
  const { scores, settings, synthetic, seed } = result;
  const kind = synthetic
    ? "synthetic notes (held out by patient and by template)"
    : "the notes that were given (held out by patient)";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>clinicalbert demonstration</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>clinicalbert demonstration</h1>
<p>A BERT with ${settings.layerCount} layers of ${settings.hiddenSize} units, pretrained from scratch for ${settings.steps} updates of
${settings.batchSize} sequences on ${kind}. Seed ${seed}.</p>
<h2>Held-out results</h2>
${scoreTable(scores)}
<h2>Training</h2>
${lossChart(metrics)}
${accuracyChart(metrics, scores)}
<p class="note">Curves are means over ${Math.max(1, Math.round(metrics.length / CURVE_POINTS))} updates on training batches; dashed lines are held-out baselines.</p>
${exampleSection(result.examples)}
<h2>Stages</h2>
${stageTable(result)}
<p class="note">Peak memory is the largest resident set of the whole process while the stage ran. This page holds no text of a
note${synthetic ? "; its sentences were written for the demonstration" : ""} and loads nothing from outside.</p>
</main>
</body>
</html>
`;
}

function scoreTable(scores: DemoScores): string {
  const [low, high] = scores.nextSentenceInterval;
  const rows = [
    ["Masked token, accuracy", percent(scores.maskedAccuracy), `${scores.maskedCount} positions`],
    ["&emsp;always the most frequent token", percent(scores.mostFrequentToken), ""],
    ["&emsp;bigram: likeliest after the left neighbour", percent(scores.bigram), ""],
    [
      "Next sentence, accuracy",
      percent(scores.nextSentenceAccuracy),
      `95 % interval ${percent(low)} to ${percent(high)}, ${scores.nextSentencePairs} pairs`,
    ],
    ["&emsp;always the commoner answer", percent(scores.nextSentenceMajority), ""],
    [
      "&emsp;overlap: rarest shared word",
      percent(scores.nextSentenceOverlap),
      "how well it can be told at all",
    ],
  ];
  return table(["", "result", ""], rows);
}

function stageTable({ stages }: DemoResult): string {
  return table(
    STAGE_COLUMNS,
    stages.map((stage) => stageRow(stage).map(escapeHtml)),
  );
}

/** `rows` are HTML. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: "th" | "td"): string =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
  return `<div class="wide"><table><thead>${line(head, "th")}</thead><tbody>${rows.map((row) => line(row, "td")).join("\n")}</tbody></table></div>`;
}

function exampleSection(examples: readonly DemoExample[]): string {
  if (examples.length === 0) return "";
  const items = examples.map(({ text, fillings }) => {
    const words = fillings.map(
      ({ token, score }) => `<b>${escapeHtml(token)}</b>&nbsp;<small>${percent(score)}</small>`,
    );
    return `<li>${escapeHtml(text)}<br>${words.join(" &nbsp; ")}</li>`;
  });
  return `<h2>Fill the mask</h2>\n<p>The saved model, read back from its folder.</p>\n<ul>${items.join("\n")}</ul>`;
}

function lossChart(metrics: readonly StepMetrics[]): string {
  return lineChart(
    [curve("masked token", metrics, "masked_lm_loss"), curve("next sentence", metrics, "next_sentence_loss")],
    { title: "Training losses", xLabel: "update", yLabel: "loss" },
  );
}

function accuracyChart(metrics: readonly StepMetrics[], scores: DemoScores): string {
  return lineChart(
    [
      curve("masked token", metrics, "masked_lm_accuracy"),
      curve("next sentence", metrics, "next_sentence_accuracy"),
    ],
    {
      title: "Training accuracies with held-out baselines",
      xLabel: "update",
      yLabel: "accuracy",
      yRange: [0, 1],
      marks: [
        { label: "bigram", y: scores.bigram },
        { label: "most frequent token", y: scores.mostFrequentToken },
        { label: "commoner answer", y: scores.nextSentenceMajority },
      ],
    },
  );
}

type Curve = "masked_lm_loss" | "next_sentence_loss" | "masked_lm_accuracy" | "next_sentence_accuracy";

function curve(label: string, metrics: readonly StepMetrics[], key: Curve): ChartLine {
  const size = Math.max(1, Math.round(metrics.length / CURVE_POINTS));
  const points: [number, number][] = [];
  for (let start = 0; start < metrics.length; start += size) {
    const part = metrics.slice(start, start + size);
    const mean = part.reduce((sum, line) => sum + line[key], 0) / part.length;
    points.push([part.at(-1)!.step, mean]);
  }
  return { label, points };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}&nbsp;%`;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --rule: #d5dbe3; --paper: #ffffff; --a: #1f5fa8; --b: #b4540a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa6b5; --rule: #384250; --paper: #14181e; --a: #7ab6f5; --b: #f0a35e; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--rule); }
th { color: var(--soft); font-weight: 600; }
.note, small { color: var(--soft); }
svg { width: 100%; height: auto; }
svg text { fill: var(--soft); font-size: 12px; }
svg .grid { stroke: var(--rule); }
svg .mark { stroke: var(--soft); stroke-dasharray: 4 4; }
svg .line-0, svg .line-1 { fill: none; stroke-width: 2; }
svg .line-0 { stroke: var(--a); } svg .line-1 { stroke: var(--b); }
li { margin-bottom: .6rem; }
`;
