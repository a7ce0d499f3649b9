/** @file The statistics of a set of instances as lines for a person. Numbers only. */
import type { WriteInstancesResult } from "../instances/index.js";
import { HISTOGRAM_STEP } from "../instances/statistics.js";

const ONE_DOCUMENT =
  "the corpus is one document: no next sentence is from another one; a blank line ends a document";

export function describeInstances({ corpus, report, outputs }: WriteInstancesResult): string {
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  const most = Math.max(1, ...report.lengthHistogram);
  const histogram = report.lengthHistogram.map((count, index) => {
    const from = index * HISTOGRAM_STEP;
    const bar = "█".repeat(Math.round((40 * count) / most));
    return `  ${String(from).padStart(5)}–${String(from + HISTOGRAM_STEP - 1).padEnd(5)} ${String(count).padStart(10)} ${bar}`;
  });
  return [
    `corpus: ${corpus.documents} documents, ${corpus.sentences} sentences, ${corpus.tokens} tokens`,
    ...(corpus.documents > 1 ? [] : [ONE_DOCUMENT]),
    `instances: ${report.instances}, mean length ${report.meanLength.toFixed(1)}, padding ${percent(report.paddingShare)}`,
    `next sentence: ${percent(report.randomNextShare)} random`,
    `masked: ${percent(report.maskedShare)} of the tokens; of these ${percent(report.maskShare)} [MASK], ` +
      `${percent(report.randomShare)} random, ${percent(report.keptShare)} kept`,
    "lengths:",
    ...histogram,
    ...outputs.map((path) => `wrote ${path}`),
    "",
  ].join("\n");
}
