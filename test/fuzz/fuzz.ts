/** @file Opens damaged files and reads all they hold; anything but tensors or a `ClinicalBertError` about the file is a failure. */
import { ClinicalBertError, type ErrorCode } from "../../src/errors.js";
import { type ByteSource, memorySource } from "../../src/util/byte-source.js";
import { seededRandom } from "./random.js";
import type { FuzzTarget } from "./targets.js";

const ALLOWED: ReadonlySet<ErrorCode> = new Set([
  "CHECKPOINT_DAMAGED",
  "CHECKPOINT_UNSUPPORTED",
  "CHECKPOINT_UNSAFE",
  "FILE_TRUNCATED",
]);
/** Of the processor, far above what any of the seeds takes; a busy machine does not count against a reader. */
const SLOWEST_MS = 2000;
const LARGEST_TENSOR_BYTES = 1 << 24;

export interface FuzzOutcome {
  readonly read: number;
  readonly refused: number;
  /** Descriptions with the seed that repeats them. */
  readonly failures: readonly string[];
}

/** `runs` damaged files of a target, from `seed` on. */
export async function fuzz(target: FuzzTarget, seed: number, runs: number): Promise<FuzzOutcome> {
  let read = 0;
  const failures: string[] = [];
  for (let run = 0; run < runs; run++) {
    const random = seededRandom(seed + run);
    const bytes = await target.damage(random.pick(target.seeds), random);
    const started = process.cpuUsage();
    try {
      await readAll(target, memorySource(bytes, "fuzzed"));
      read += 1;
    } catch (error) {
      const fault = describeFault(error);
      if (fault !== null) failures.push(`${target.name}, seed ${seed + run}: ${fault}`);
    }
    const { user, system } = process.cpuUsage(started);
    const elapsed = (user + system) / 1000;
    if (elapsed > SLOWEST_MS)
      failures.push(`${target.name}, seed ${seed + run}: took ${elapsed.toFixed(0)} ms`);
  }
  return { read, refused: runs - read, failures };
}

async function readAll(target: FuzzTarget, source: ByteSource): Promise<void> {
  const weights = await target.open(source);
  try {
    for (const { name, dims } of weights.tensors) {
      const tensor = await weights.read(name);
      if (tensor.data.byteLength > Math.max(LARGEST_TENSOR_BYTES, source.size))
        throw new Error(`a tensor of [${dims.join(", ")}] out of ${source.size} bytes`);
    }
  } finally {
    await weights.close();
  }
}

function describeFault(error: unknown): string | null {
  if (!(error instanceof ClinicalBertError))
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (!ALLOWED.has(error.code)) return `code ${error.code}: ${error.message}`;
  const path = error.details["path"];
  if (path !== "fuzzed" && path !== "shard") return `an error that names no file: ${error.message}`;
  return null;
}
