/** @file The curves of a run for the charts of its report: means over as many steps as make a point. */
import type { StepMetrics } from "../training/training-loop.js";
import { type ChartLine, lineChart } from "./line-chart.js";

/** Points of a curve. */
const CURVE_POINTS = 80;

/** Updates that one point of a curve is the mean of. */
export function updatesAPoint(metrics: readonly StepMetrics[]): number {
  return Math.max(1, Math.round(metrics.length / CURVE_POINTS));
}

/** One number of the metrics as a line. */
export function metricCurve(
  label: string,
  metrics: readonly StepMetrics[],
  key: Exclude<keyof StepMetrics, "step">,
): ChartLine {
  const size = updatesAPoint(metrics);
  const points: [number, number][] = [];
  for (let start = 0; start < metrics.length; start += size) {
    const part = metrics.slice(start, start + size);
    const mean = part.reduce((sum, line) => sum + line[key], 0) / part.length;
    points.push([part.at(-1)!.step, mean]);
  }
  return { label, points };
}

export function lossChart(metrics: readonly StepMetrics[]): string {
  return lineChart(
    [
      metricCurve("masked token", metrics, "masked_lm_loss"),
      metricCurve("next sentence", metrics, "next_sentence_loss"),
    ],
    { title: "Training losses", xLabel: "update", yLabel: "loss" },
  );
}
