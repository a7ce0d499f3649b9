/** @file Wire types of `GET /runs` and `GET /runs/:id/metrics?after=STEP`: run folders under `--runs DIR`, read while they grow. */

export interface RunList {
  /** The newest first. */
  readonly runs: readonly RunInfo[];
}

export interface RunInfo {
  /** The folder's name under the folder given by `--runs`; `.` for that folder itself when it is a run. */
  readonly id: string;
  /** Updates that the run will do; null when its recipe does not say. */
  readonly steps: number | null;
  /** The last update that stands in its metrics; 0 before the first. */
  readonly step: number;
  /** When its metrics were last written, milliseconds since 1970. */
  readonly updated: number;
  /** It has its trained model. */
  readonly finished: boolean;
}

/** Lines of `metrics.jsonl` with `step > after`, in order. */
export interface RunMetrics {
  readonly id: string;
  readonly metrics: readonly MetricsLine[];
  /** What to give as `after` next time. */
  readonly after: number;
  /** There is more already: ask again at once. */
  readonly more: boolean;
}

/** A line as the run wrote it: `step`, and the numbers of its kind (`loss`, `learning_rate`, `masked_lm_accuracy`, …). */
export interface MetricsLine {
  readonly step: number;
  readonly [name: string]: number | null;
}
