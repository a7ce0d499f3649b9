/** @file Metrics of several runs as the columns of one chart. */
import type { MetricsLine } from "../../src/server/api.js";

/** What a chart shows: the first of `names` that a line has. */
export interface ChartSpec {
  readonly title: string;
  readonly names: readonly string[];
  /** Digits behind the point, or an exponent where numbers are small. */
  readonly format: (value: number) => string;
  /** Shown only where a run has it. */
  readonly optional?: true;
}

const fixed = (digits: number) => (value: number) => value.toFixed(digits);

export const CHARTS: readonly ChartSpec[] = [
  { title: "Loss", names: ["loss"], format: fixed(3) },
  {
    title: "Accuracy",
    names: ["masked_lm_accuracy", "accuracy"],
    format: fixed(3),
  },
  { title: "Learning rate", names: ["learning_rate"], format: (value) => value.toExponential(2) },
  {
    title: "Throughput (sequences/s)",
    names: ["sequences_per_second"],
    format: fixed(1),
  },
  { title: "Next-sentence accuracy", names: ["next_sentence_accuracy"], format: fixed(3), optional: true },
  { title: "Score on dev data", names: ["dev_score"], format: fixed(3), optional: true },
  { title: "Throughput (tokens/s)", names: ["tokens_per_second"], format: fixed(0), optional: true },
];

/** The charts that a set of runs fills: the first four always, so that the view keeps its shape. */
export function chartsFor(runs: readonly (readonly MetricsLine[])[]): readonly ChartSpec[] {
  const has = (name: string) => runs.some((lines) => lines.some((line) => typeof line[name] === "number"));
  return CHARTS.filter(({ optional, names }) => optional !== true || names.some(has));
}

/** Most points of one run in one chart: more than a screen has pixels for. */
const MOST_POINTS = 2000;

/** uPlot's columns: all steps in order, then one column of values for each run, `null` where it has none. */
export function alignSeries(
  runs: readonly (readonly MetricsLine[])[],
  names: readonly string[],
): [number[], ...(number | null)[][]] {
  const columns = runs.map((lines) => new Map(thin(pointsOf(lines, names))));
  const steps = [...new Set(columns.flatMap((column) => [...column.keys()]))].sort((a, b) => a - b);
  return [steps, ...columns.map((column) => steps.map((step) => column.get(step) ?? null))];
}

function pointsOf(lines: readonly MetricsLine[], names: readonly string[]): [number, number][] {
  return lines.flatMap((line): [number, number][] => {
    const value = names.map((name) => line[name]).find((found) => typeof found === "number");
    return typeof value === "number" && Number.isFinite(value) ? [[line.step, value]] : [];
  });
}

/** Means of neighbours, so that no peak is made up and the curve keeps its course. */
function thin(points: readonly [number, number][]): [number, number][] {
  const group = Math.ceil(points.length / MOST_POINTS);
  if (group <= 1) return [...points];
  const thinned: [number, number][] = [];
  for (let at = 0; at < points.length; at += group) {
    const part = points.slice(at, at + group);
    thinned.push([part.at(-1)![0], part.reduce((sum, [, value]) => sum + value, 0) / part.length]);
  }
  return thinned;
}
