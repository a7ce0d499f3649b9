/** @file A file of JSON lines, one a step, that goes on exactly where a checkpoint says. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { writeAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";

/** A line; `step` counts the updates done, from 1. */
export interface StepLine {
  readonly step: number;
}

export interface StepLog<Line extends StepLine = StepLine> {
  write(line: Line): void;
  /** Makes the lines so far durable: before every checkpoint. */
  sync(): void;
  close(): void;
}

/** Opens `path` after `step` updates: lines of later steps, left by a run that was killed, are dropped. */
export async function openStepLog<Line extends StepLine = StepLine>(
  path: string,
  step: number,
): Promise<StepLog<Line>> {
  if (existsSync(path)) {
    const kept = readLines(path).filter((line) => stepOf(line) <= step);
    await writeAtomic(path, kept.map((line) => `${line}\n`).join(""));
  }
  let descriptor: number;
  try {
    descriptor = openSync(path, "a", 0o600);
  } catch (error) {
    throw fileError(error, path);
  }
  return {
    write(line) {
      try {
        writeSync(descriptor, `${JSON.stringify(line)}\n`);
      } catch (error) {
        throw fileError(error, path);
      }
    },
    sync: () => fsyncSync(descriptor),
    close: () => closeSync(descriptor),
  };
}

/** The whole lines of a log, in order; none where there is no file. */
export function readStepLog<Line extends StepLine>(path: string): Line[] {
  if (!existsSync(path)) return [];
  return readLines(path).flatMap((line) => (Number.isFinite(stepOf(line)) ? [JSON.parse(line) as Line] : []));
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch (error) {
    throw fileError(error, path);
  }
}

/** Step of a line; infinite for one that was cut short. */
function stepOf(line: string): number {
  try {
    return (JSON.parse(line) as StepLine).step;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
