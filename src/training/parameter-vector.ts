/** @file All parameters of a model in one flat float32 array, each with a tensor that is a view of its part. */
import type { ParameterSpec } from "../bert/parameters.js";
import { sizeOf, Tensor } from "../graph/tensor.js";
import { createWords, STREAMS } from "../util/counter-random.js";
import type { DecaySegment } from "./adam-w.js";

export interface ParameterVector {
  readonly table: readonly ParameterSpec[];
  readonly data: Float32Array;
  /** Views of `data` by canonical name. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Zeros in the layout of `table`: also the layout of gradients and moments. */
export function createVector(table: readonly ParameterSpec[]): ParameterVector {
  const data = new Float32Array(table.reduce((total, { shape }) => total + sizeOf(shape), 0));
  const tensors = new Map<string, Tensor>();
  let offset = 0;
  for (const { name, shape } of table) {
    const size = sizeOf(shape);
    tensors.set(name, new Tensor("float32", data.subarray(offset, offset + size), shape));
    offset += size;
  }
  return { table, data, tensors };
}

/** Runs of parameters with the same decay flag (biases and LayerNorm are not decayed). */
export function decaySegments(table: readonly ParameterSpec[]): DecaySegment[] {
  const segments: DecaySegment[] = [];
  let offset = 0;
  for (const { shape, decay } of table) {
    const end = offset + sizeOf(shape);
    const last = segments.at(-1);
    if (last?.decay === decay) segments[segments.length - 1] = { ...last, end };
    else segments.push({ start: offset, end, decay });
    offset = end;
  }
  return segments;
}

/**
 * Fills `vector` by the table's initialisers: a normal of standard deviation `range` whose values beyond two deviations
 * are drawn again (modeling.py:375–377), zeros, ones. A pure function of `seed` and each parameter's place in the table.
 * Parameters that are not `wanted` keep their values.
 */
export function initializeParameters(
  vector: ParameterVector,
  range: number,
  seed: number,
  wanted: (name: string) => boolean = () => true,
): void {
  for (const [place, { name, initializer }] of vector.table.entries()) {
    if (!wanted(name)) continue;
    const data = vector.tensors.get(name)!.data as Float32Array;
    if (initializer === "truncated-normal") {
      const normal = createNormals(createWords(STREAMS.initializer, seed, [place, 0, 0]));
      for (let i = 0; i < data.length; i++) {
        let value = normal();
        while (Math.abs(value) > 2) value = normal();
        data[i] = range * value;
      }
    } else data.fill(initializer === "ones" ? 1 : 0);
  }
}

/** Standard normals by Box and Muller, two from each pair of uniforms. */
function createNormals(word: () => number): () => number {
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log((word() + 0.5) / 2 ** 32));
    const angle = (2 * Math.PI * word()) / 2 ** 32;
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
