/** @file Measures the stages of a job: items, seconds, peak memory of the process. */

export interface StageRecord {
  readonly name: string;
  readonly items: number;
  readonly unit: string;
  readonly seconds: number;
  /** Largest resident set of the whole process, worker threads included, while the stage ran. */
  readonly peakBytes: number;
}

const SAMPLE_EVERY_MS = 50;

/** Runs `work`, which returns how many items it did. */
export async function timeStage(
  name: string,
  unit: string,
  work: () => number | Promise<number>,
): Promise<StageRecord> {
  const before = highWater();
  let sampled = process.memoryUsage.rss();
  const sample = (): void => {
    sampled = Math.max(sampled, process.memoryUsage.rss());
  };
  const timer = setInterval(sample, SAMPLE_EVERY_MS);
  timer.unref();
  const started = performance.now();
  try {
    const items = await work();
    const seconds = (performance.now() - started) / 1000;
    sample();
    // Work that blocks this thread is never sampled; but a record of the process that was broken in it is exact.
    const after = highWater();
    return { name, items, unit, seconds, peakBytes: after > before ? after : sampled };
  } finally {
    clearInterval(timer);
  }
}

/** Largest resident set since the process began. */
function highWater(): number {
  return process.resourceUsage().maxRSS * 1024;
}
