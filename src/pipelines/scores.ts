/** @file Logits to probabilities. */

/** exp(x − max) / Σ, summed in float64. */
export function softmax(logits: Float32Array): Float32Array {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of logits) largest = Math.max(largest, value);
  const powers = Float64Array.from(logits, (value) => Math.exp(value - largest));
  let sum = 0;
  for (const power of powers) sum += power;
  return Float32Array.from(powers, (power) => power / sum);
}

export function sigmoid(logits: Float32Array): Float32Array {
  return Float32Array.from(logits, (value) => 1 / (1 + Math.exp(-value)));
}

/** Indices of the `count` largest values, the largest first; the earlier index first among equals. */
export function topIndices(values: Float32Array, count: number): number[] {
  const best: number[] = [];
  for (let index = 0; index < values.length; index++) {
    if (best.length === count && values[index]! <= values[best.at(-1)!]!) continue;
    let place = best.length;
    while (place > 0 && values[best[place - 1]!]! < values[index]!) place--;
    best.splice(place, 0, index);
    if (best.length > count) best.pop();
  }
  return best;
}
