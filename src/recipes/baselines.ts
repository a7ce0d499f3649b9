/** @file What simple counting reaches on the two pretraining tasks: a model that does not beat it has learned nothing. */
import type { PretrainingInstance } from "../instances/instance.js";

/** Anything that gives instances by number. */
export interface InstanceSource {
  readonly count: number;
  read(index: number): PretrainingInstance;
}

export interface MaskedBaselines {
  /** Accuracy of always saying the most frequent token of the training instances. */
  readonly mostFrequent: number;
  /** Accuracy of saying the token that most often follows the (true) token on its left in the training instances. */
  readonly bigram: number;
  /** Masked positions judged. */
  readonly count: number;
}

/** The instance's ids before masking. */
export function originalIds({ ids, maskedPositions, maskedIds }: PretrainingInstance): Int32Array {
  const original = Int32Array.from(ids);
  for (const [index, position] of maskedPositions.entries()) original[position] = maskedIds[index]!;
  return original;
}

/**
 * Counts tokens and their left neighbours in `training` and judges both guesses at the masked positions of `heldOut`. The left
 * neighbour is given unmasked, which a masked model does not see: the bigram baseline is the stronger for it.
 */
export function maskedBaselines(
  training: InstanceSource,
  heldOut: InstanceSource,
  vocabularySize: number,
): MaskedBaselines {
  const unigrams = new Uint32Array(vocabularySize);
  const followers = new Map<number, number>();
  for (let index = 0; index < training.count; index++) {
    const ids = originalIds(training.read(index));
    // The first token is [CLS] and is never masked; [SEP] is counted only as a neighbour.
    const separator = ids.at(-1);
    for (let at = 1; at < ids.length; at++) {
      if (ids[at] === separator) continue;
      unigrams[ids[at]!]!++;
      const pair = ids[at - 1]! * vocabularySize + ids[at]!;
      followers.set(pair, (followers.get(pair) ?? 0) + 1);
    }
  }
  const mostFrequent = unigrams.indexOf(unigrams.reduce((most, count) => Math.max(most, count), 0));
  const guesses = bestFollowers(followers, vocabularySize, mostFrequent);
  let [count, frequentHits, bigramHits] = [0, 0, 0];
  for (let index = 0; index < heldOut.count; index++) {
    const instance = heldOut.read(index);
    const ids = originalIds(instance);
    for (const position of instance.maskedPositions) {
      count++;
      if (ids[position] === mostFrequent) frequentHits++;
      if (ids[position] === guesses[ids[position - 1]!]) bigramHits++;
    }
  }
  const share = (hits: number): number => (count === 0 ? 0 : hits / count);
  return { mostFrequent: share(frequentHits), bigram: share(bigramHits), count };
}

/** The most frequent follower of every token; `otherwise` for tokens that nothing follows. */
function bestFollowers(
  followers: ReadonlyMap<number, number>,
  vocabularySize: number,
  otherwise: number,
): Int32Array {
  const best = new Int32Array(vocabularySize).fill(otherwise);
  const most = new Uint32Array(vocabularySize);
  for (const [pair, count] of followers) {
    const token = Math.floor(pair / vocabularySize);
    if (count <= most[token]!) continue;
    most[token] = count;
    best[token] = pair % vocabularySize;
  }
  return best;
}
