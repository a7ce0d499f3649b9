/** @file `clinicalbert inspect`: what a weights file holds, and how far two of them differ. */
import {
  canonicalTensors,
  headsAmong,
  mapNames,
  openWeights,
  resolveModel,
  type Weights,
} from "../../checkpoint/index.js";
import { asFloat32 } from "../../checkpoint/float32.js";
import type { Tensor } from "../../graph/tensor.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";

interface InspectFlags {
  readonly diff?: boolean;
  readonly json?: boolean;
}

interface InspectedTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Euclidean; `null` for integers. */
  readonly norm: number | null;
}

interface TensorDifference {
  readonly name: string;
  /** `null` where only one file has it, or the shapes differ. */
  readonly largest: number | null;
  readonly reason?: string;
}

const FLOATS = new Set(["float32", "float64", "float16", "bfloat16"]);

export const command: CliCommand = {
  configure(command, context) {
    command
      .argument("<files...>", "a weights file, folder, TensorFlow prefix, .tar.gz or hub id; two with --diff")
      .option("--diff", "compare two files tensor by tensor, under canonical names where both are BERTs")
      .option("--json", "one JSON object instead of a table")
      .action(async (files: string[], flags: InspectFlags) => {
        if (flags.diff === true && files.length !== 2) command.error("error: --diff needs two files");
        if (flags.diff === true) await showDifference(context, files[0]!, files[1]!, flags);
        else for (const file of files) await show(context, file, flags);
      });
    addExamples(
      command,
      "clinicalbert inspect pytorch_model.bin",
      "clinicalbert inspect --diff biobert_v1.0/biobert_model.ckpt ./model",
    );
  },
};

async function withWeights<T>(source: string, use: (weights: Weights) => Promise<T>): Promise<T> {
  const resolved = await resolveModel(source);
  const weights = await openWeights(resolved.weights!);
  try {
    return await use(weights);
  } finally {
    await weights.close();
  }
}

async function show(context: CliContext, file: string, { json = false }: InspectFlags): Promise<void> {
  await withWeights(file, async (weights) => {
    const tensors: InspectedTensor[] = [];
    for (const { name, type, dims } of weights.tensors) {
      context.signal.throwIfAborted();
      const norm = FLOATS.has(type) ? normOf(asFloat32(await weights.read(name), name)) : null;
      tensors.push({ name, dtype: type, shape: dims, norm });
    }
    const map = mapNames(weights);
    const heads = [...headsAmong(new Set(map.parameters.map(({ name }) => name)))];
    const { slots, step, buffers, unknown } = map;
    const summary = { path: weights.path, format: weights.format, metadata: weights.metadata, heads };
    const counts = { parameters: map.parameters.length, slots: slots.length, step, buffers, unknown };
    if (json) {
      context.stdout.write(`${JSON.stringify({ ...summary, ...counts, tensors })}\n`);
      return;
    }
    const rows = tensors.map(({ name, dtype, shape, norm }) => [
      JSON.stringify(name).slice(1, -1),
      dtype,
      `[${shape.join(", ")}]`,
      norm === null ? "" : norm.toPrecision(7),
    ]);
    context.stdout.write(
      `${weights.path}: ${weights.format}, ${tensors.length} tensors, heads: ${heads.join(", ") || "none"}\n`,
    );
    context.stdout.write(formatTable([["name", "dtype", "shape", "norm"], ...rows]));
    if (slots.length > 0)
      context.stdout.write(`${slots.length} optimizer slots${step === null ? "" : `, step under ${step}`}\n`);
  });
}

async function showDifference(
  context: CliContext,
  a: string,
  b: string,
  { json = false }: InspectFlags,
): Promise<void> {
  const differences = await withWeights(a, (left) =>
    withWeights(b, (right) => compare(context, left, right)),
  );
  const largest = differences.reduce(
    (max, { largest }) => Math.max(max, largest ?? Number.POSITIVE_INFINITY),
    0,
  );
  if (largest > 0) context.exitCode = 1;
  if (json) {
    const finite = Number.isFinite(largest) ? largest : null;
    context.stdout.write(`${JSON.stringify({ a, b, largest: finite, tensors: differences })}\n`);
    return;
  }
  const rows = differences.map(({ name, largest: value, reason }) => [
    JSON.stringify(name).slice(1, -1),
    value === null ? (reason ?? "") : value === 0 ? "equal" : value.toExponential(3),
  ]);
  context.stdout.write(formatTable([["name", "largest difference"], ...rows]));
}

/** Under canonical names where both files have some, else under their own. */
async function compare(context: CliContext, a: Weights, b: Weights): Promise<TensorDifference[]> {
  const maps = [mapNames(a), mapNames(b)] as const;
  const canonical = maps.every(({ parameters }) => parameters.length > 0);
  const left = canonical ? canonicalTensors(a, maps[0].parameters) : a;
  const right = canonical ? canonicalTensors(b, maps[1].parameters) : b;
  const others = new Map(right.tensors.map((info) => [info.name, info]));
  const differences: TensorDifference[] = [];
  for (const { name, dims, type } of left.tensors) {
    context.signal.throwIfAborted();
    const other = others.get(name);
    others.delete(name);
    if (other === undefined) differences.push({ name, largest: null, reason: "only in the first" });
    else if (other.dims.join() !== dims.join())
      differences.push({
        name,
        largest: null,
        reason: `[${dims.join(", ")}] and [${other.dims.join(", ")}]`,
      });
    else if (!FLOATS.has(type) || !FLOATS.has(other.type))
      differences.push({ name, largest: largestDifference(await left.read(name), await right.read(name)) });
    else {
      const [x, y] = [asFloat32(await left.read(name), name), asFloat32(await right.read(name), name)];
      differences.push({ name, largest: largestDifference(x, y) });
    }
  }
  for (const name of others.keys()) differences.push({ name, largest: null, reason: "only in the second" });
  return differences;
}

/** NaN against a number, and infinity against a number, count as infinitely different. */
function largestDifference(a: Tensor, b: Tensor): number {
  let largest = 0;
  for (let index = 0; index < a.size; index++) {
    const [x, y] = [Number(a.data[index]), Number(b.data[index])];
    if (Object.is(x, y) || x === y) continue;
    const difference = Math.abs(x - y);
    largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return largest;
}

function normOf({ data }: Tensor<Float32Array>): number {
  let sum = 0;
  for (const value of data) sum += value * value;
  return Math.sqrt(sum);
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((text, column) => text.padEnd(widths[column]!))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
