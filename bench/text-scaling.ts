/** @file Scaling of `format` from CSV on two threads, beside two independent processes of the same work at the same time. */
import { spawn } from "node:child_process";
import { openSync, closeSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { noteEventsHeader, noteEventsRow, synthesizeNotes } from "../src/notes/synthesize/index.js";
import { median } from "./stopwatch.js";
import type { TextBench } from "./text.js";

const BIN = fileURLToPath(new URL("../dist/cli/bin.js", import.meta.url));

/** One thread, two threads, and two processes of one thread, by turns; medians of the rounds. */
export async function benchScaling({ folder, megabytes, rounds }: TextBench): Promise<void> {
  const csv = join(folder, "notes.csv");
  writeCsv(csv, megabytes * 1e6);
  const seconds = { one: [] as number[], two: [] as number[], processes: [] as number[] };
  const format = (out: string, threads: number) => runFormat(csv, join(folder, out), threads);
  for (let round = 0; round < rounds; round++) {
    seconds.one.push(await timed(() => format(`a${round}`, 1)));
    seconds.two.push(await timed(() => format(`b${round}`, 2)));
    seconds.processes.push(await timed(() => Promise.all([format(`c${round}`, 1), format(`d${round}`, 1)])));
  }
  const one = median(seconds.one);
  const threads = one / median(seconds.two);
  const processes = (2 * one) / median(seconds.processes);
  console.log(`format ${megabytes} MB of CSV on one thread: ${one.toFixed(2)} s`);
  console.log(
    `speed-up on two threads ${threads.toFixed(2)}, of two processes ${processes.toFixed(2)}: ratio ${(threads / processes).toFixed(2)}`,
  );
}

function writeCsv(path: string, bytes: number): void {
  const file = openSync(path, "w", 0o600);
  let written = writeSync(file, noteEventsHeader);
  for (const note of synthesizeNotes({ seed: 12 })) {
    written += writeSync(file, noteEventsRow(note));
    if (written >= bytes) break;
  }
  closeSync(file);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1e3;
}

function runFormat(csv: string, out: string, threads: number): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [BIN, "format", csv, "--out", out, "--threads", String(threads)], {
      stdio: "ignore",
    });
    child.on("error", fail);
    child.on("exit", (code) => (code === 0 ? done() : fail(new Error(`format ended with ${code}`))));
  });
}
