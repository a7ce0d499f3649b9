/** @file Synthetic notes a second, as the command makes them: one process, to a pipe that is read and to a file that is synced. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../dist/cli/bin.js", import.meta.url));
const BYTES = 500e6;
const RUNS = 3;

/** Goal of the generator. */
const GOAL = 50e6;

export const bench = {
  summary: `synthesize --bytes ${BYTES / 1e6}MB, median of ${RUNS}, start of the process included; goal ${GOAL / 1e6} MB/s`,
  async run(): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "bench-synthesize-"));
    try {
      for (const format of ["jsonl", "noteevents"])
        for (const out of ["-", join(folder, "notes")]) {
          const rates: number[] = [];
          let peak = 0;
          for (let run = 0; run < RUNS; run++) {
            const { seconds, peakBytes } = await measure(format, out);
            rates.push(BYTES / seconds);
            peak = Math.max(peak, peakBytes);
          }
          const median = rates.toSorted((a, b) => a - b)[RUNS >> 1]!;
          console.log(
            `${format.padEnd(10)} to a ${out === "-" ? "pipe" : "file"}: ${(median / 1e6).toFixed(1)} MB/s, peak ${(peak / 1e6).toFixed(0)} MB`,
          );
        }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

/** Runs the command under a reporter of its own peak memory, which it prints when it ends. */
function measure(format: string, out: string): Promise<{ seconds: number; peakBytes: number }> {
  const script = `process.on("exit", () => process.stderr.write(String(process.resourceUsage().maxRSS)));
    process.argv.splice(1, 0, ${JSON.stringify(BIN)});
    await import(${JSON.stringify(BIN)});`;
  const args = ["synthesize", "--bytes", String(BYTES), "--format", format, "--out", out];
  const started = performance.now();
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, "--", ...args]);
  child.stdout.resume();
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("close", (code) => {
      const seconds = (performance.now() - started) / 1000;
      if (code === 0) resolve({ seconds, peakBytes: Number(errors) * 1024 });
      else reject(new Error(`synthesize ended with ${code}`));
    });
  });
}
