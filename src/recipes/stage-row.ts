/** @file One stage as the cells of a table: name, items, seconds, rate, peak memory. */
import type { StageRecord } from "./stage-clock.js";

export const STAGE_COLUMNS = ["stage", "items", "seconds", "rate", "peak memory"] as const;

export function stageRow({ name, items, unit, seconds, peakBytes }: StageRecord): string[] {
  const rate = seconds > 0 ? items / seconds : 0;
  return [
    name,
    `${items} ${unit}`,
    seconds.toFixed(1),
    `${rate >= 100 ? rate.toFixed(0) : rate.toPrecision(2)}/s`,
    `${Math.round(peakBytes / 1e6)} MB`,
  ];
}
