/** @file Which features make which update: a function of lengths and recipe, written down so that another program can follow it. */
import { createInstanceOrder } from "../../training/instance-order.js";
import { createWords, STREAMS } from "../../util/counter-random.js";
import { type FinetuneRecipe, quirksOf } from "./recipe.js";

/** One update. */
export interface PlannedBatch {
  /** Epoch that the batch belongs to, from 0. */
  readonly epoch: number;
  /** Indices of features. */
  readonly rows: readonly number[];
  /** Sizes of the micro-batches whose means are averaged; absent where the loss is one mean. */
  readonly groups?: readonly number[];
}

/** Batches that are sorted by length together: enough to find neighbours, few enough to stay in random order. */
const SORTED_BATCHES = 50;

/** The updates of a run in order. */
export function planUpdates(lengths: readonly number[], recipe: FinetuneRecipe): PlannedBatch[] {
  const quirks = quirksOf(recipe);
  if (quirks.shuffleBuffer !== null) return planBuffered(lengths.length, recipe, quirks.shuffleBuffer);
  if (quirks.accumulation > 1) return planAccumulated(lengths.length, recipe, quirks.accumulation);
  return planByLength(lengths, recipe);
}

/**
 * Every feature once an epoch. A shuffled epoch is cut into stretches of 50 batches; a stretch is sorted by length, so that
 * a batch has little padding, and the batches of an epoch are shuffled again.
 */
function planByLength(
  lengths: readonly number[],
  { epochs, batchSize, seed }: FinetuneRecipe,
): PlannedBatch[] {
  const count = lengths.length;
  const order = createInstanceOrder(count, seed);
  return Array.from({ length: epochs }, (_, epoch) => {
    const shuffled = Array.from({ length: count }, (_, index) => order(epoch * count + index));
    const stretch = SORTED_BATCHES * batchSize;
    const batches: number[][] = [];
    for (let start = 0; start < count; start += stretch) {
      const sorted = shuffled.slice(start, start + stretch).sort((a, b) => lengths[b]! - lengths[a]!);
      for (let first = 0; first < sorted.length; first += batchSize)
        batches.push(sorted.slice(first, first + batchSize));
    }
    const again = createInstanceOrder(batches.length, seed ^ 0x5bd1e995);
    return batches.map((_, index) => ({ epoch, rows: batches[again(epoch * batches.length + index)]! }));
  }).flat();
}

/**
 * run_ner.py: the data repeat without end through a shuffle buffer, the remainder is dropped, ⌊N/B·epochs⌋ updates
 * (tf.data `repeat().shuffle(100).batch(drop_remainder)`; the draws are not TensorFlow's).
 */
function planBuffered(
  count: number,
  { epochs, batchSize, seed }: FinetuneRecipe,
  buffer: number,
): PlannedBatch[] {
  const word = createWords(STREAMS.order, seed, [0xffffffff, 0, 0]);
  let next = 0;
  const waiting = Array.from({ length: buffer }, () => next++ % count);
  const draw = (): number => {
    const slot = word() % buffer;
    const row = waiting[slot]!;
    waiting[slot] = next++ % count;
    return row;
  };
  return Array.from({ length: Math.floor((count / batchSize) * epochs) }, (_, step) => ({
    epoch: Math.min(epochs - 1, Math.floor((step * batchSize) / count)),
    rows: Array.from({ length: batchSize }, draw),
  }));
}

/** run_classifier.py: the last micro-batch of an epoch is smaller, and what has not made an update goes into the next epoch's. */
function planAccumulated(
  count: number,
  { epochs, batchSize, seed }: FinetuneRecipe,
  accumulation: number,
): PlannedBatch[] {
  const size = batchSize / accumulation;
  const order = createInstanceOrder(count, seed);
  const planned: PlannedBatch[] = [];
  let waiting: number[][] = [];
  for (let epoch = 0; epoch < epochs; epoch++)
    for (let first = 0; first < count; first += size) {
      const length = Math.min(size, count - first);
      waiting.push(Array.from({ length }, (_, index) => order(epoch * count + first + index)));
      if (waiting.length < accumulation) continue;
      planned.push({ epoch, rows: waiting.flat(), groups: waiting.map((group) => group.length) });
      waiting = [];
    }
  return planned;
}
