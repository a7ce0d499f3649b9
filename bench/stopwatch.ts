/** @file Wall time and processor time together: on a shared machine only the latter says what a program costs. */

/** Seconds. */
export interface Times {
  readonly wall: number;
  /** Of all threads of this process together. */
  readonly cpu: number;
}

/** Starts now; the function that comes back says how long it was. */
export function startWatch(): () => Times {
  const start = performance.now();
  const startCpu = process.cpuUsage();
  return () => {
    const wall = (performance.now() - start) / 1e3;
    const { user, system } = process.cpuUsage(startCpu);
    return { wall, cpu: (user + system) / 1e6 };
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
