/** @file The report of a demonstration: one HTML file with everything inside it, in light or dark. No text of a note. */
import { readStepLog } from "../training/step-log.js";
import type { StepMetrics } from "../training/training-loop.js";
import type { DemoExample, DemoResult, DemoScores } from "./demo.js";
import { escapeHtml, lineChart } from "./line-chart.js";
import { lossChart, metricCurve, updatesAPoint } from "./metric-curves.js";
import { htmlPercent, htmlTable, reportPage } from "./report-page.js";
import { STAGE_COLUMNS, stageRow } from "./stage-row.js";

/** The page for `result`; the curves come from the `metrics.jsonl` of its run. */
export function demoReport(result: DemoResult, metricsPath: string): string {
  const metrics = readStepLog<StepMetrics>(metricsPath);
  const { scores, settings, synthetic, seed } = result;
  const kind = synthetic
    ? "synthetic notes (held out by patient and by template)"
    : "the notes that were given (held out by patient)";
  const body = `<p>A BERT with ${settings.layerCount} layers of ${settings.hiddenSize} units, pretrained from scratch for ${settings.steps} updates of
${settings.batchSize} sequences on ${kind}. Seed ${seed}.</p>
<h2>Held-out results</h2>
${scoreTable(scores)}
<h2>Training</h2>
${lossChart(metrics)}
${accuracyChart(metrics, scores)}
<p class="note">Curves are means over ${updatesAPoint(metrics)} updates on training batches; dashed lines are held-out baselines.</p>
${exampleSection(result.examples)}
<h2>Stages</h2>
${stageTable(result)}
<p class="note">Peak memory is the largest resident set of the whole process while the stage ran. This page holds no text of a
note${synthetic ? "; its sentences were written for the demonstration" : ""} and loads nothing from outside.</p>`;
  return reportPage("clinicalbert demonstration", body);
}

function scoreTable(scores: DemoScores): string {
  const [low, high] = scores.nextSentenceInterval;
  const rows = [
    ["Masked token, accuracy", htmlPercent(scores.maskedAccuracy), `${scores.maskedCount} positions`],
    ["&emsp;always the most frequent token", htmlPercent(scores.mostFrequentToken), ""],
    ["&emsp;bigram: likeliest after the left neighbour", htmlPercent(scores.bigram), ""],
    [
      "Next sentence, accuracy",
      htmlPercent(scores.nextSentenceAccuracy),
      `95 % interval ${htmlPercent(low)} to ${htmlPercent(high)}, ${scores.nextSentencePairs} pairs`,
    ],
    ["&emsp;always the commoner answer", htmlPercent(scores.nextSentenceMajority), ""],
    [
      "&emsp;overlap: rarest shared word",
      htmlPercent(scores.nextSentenceOverlap),
      "how well it can be told at all",
    ],
  ];
  return htmlTable(["", "result", ""], rows);
}

function stageTable({ stages }: DemoResult): string {
  return htmlTable(
    STAGE_COLUMNS,
    stages.map((stage) => stageRow(stage).map(escapeHtml)),
  );
}

function exampleSection(examples: readonly DemoExample[]): string {
  if (examples.length === 0) return "";
  const items = examples.map(({ text, fillings }) => {
    const words = fillings.map(
      ({ token, score }) => `<b>${escapeHtml(token)}</b>&nbsp;<small>${htmlPercent(score)}</small>`,
    );
    return `<li>${escapeHtml(text)}<br>${words.join(" &nbsp; ")}</li>`;
  });
  return `<h2>Fill the mask</h2>\n<p>The saved model, read back from its folder.</p>\n<ul>${items.join("\n")}</ul>`;
}

function accuracyChart(metrics: readonly StepMetrics[], scores: DemoScores): string {
  return lineChart(
    [
      metricCurve("masked token", metrics, "masked_lm_accuracy"),
      metricCurve("next sentence", metrics, "next_sentence_accuracy"),
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
