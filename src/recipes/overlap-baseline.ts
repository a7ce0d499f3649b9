/** @file Tells true next sentences from random ones by the rarest word that both segments share: no order, no learning beyond one threshold. */
import type { PretrainingInstance } from "../instances/instance.js";
import { type InstanceSource, originalIds } from "./baselines.js";

export interface NextSentenceBaselines {
  /** Accuracy of always giving the commoner answer. */
  readonly majority: number;
  /** Accuracy of the overlap classifier. */
  readonly overlap: number;
  readonly count: number;
}

/** Training pairs that the threshold is chosen on. */
const THRESHOLD_PAIRS = 4000;

/** Shared pieces that can be words of their own; shorter ones are shared by chance. */
const WORD = /^\p{L}{3,}$/u;

/** Chooses the threshold on `training`, judges on `heldOut`. `tokens[id]` are the pieces of the vocabulary. */
export function nextSentenceBaselines(
  training: InstanceSource,
  heldOut: InstanceSource,
  tokens: readonly string[],
): NextSentenceBaselines {
  const weights = rarity(training, tokens);
  const scored: { score: number; isNext: boolean }[] = [];
  for (let index = 0; index < Math.min(THRESHOLD_PAIRS, training.count); index++)
    scored.push(scorePair(training.read(index), weights));
  const threshold = bestThreshold(scored);
  let [hits, next] = [0, 0];
  for (let index = 0; index < heldOut.count; index++) {
    const { score, isNext } = scorePair(heldOut.read(index), weights);
    if (score >= threshold === isNext) hits++;
    if (isNext) next++;
  }
  const count = heldOut.count;
  const share = (part: number): number => (count === 0 ? 0 : part / count);
  return { majority: share(Math.max(next, count - next)), overlap: share(hits), count };
}

/** log(instances / instances with the token) for words, 0 for everything else. */
function rarity(training: InstanceSource, tokens: readonly string[]): Float64Array {
  const seen = new Uint32Array(tokens.length);
  for (let index = 0; index < training.count; index++)
    for (const id of new Set(originalIds(training.read(index)))) seen[id]!++;
  return Float64Array.from(tokens, (token, id) =>
    WORD.test(token) && seen[id]! > 0 ? Math.log(training.count / seen[id]!) : 0,
  );
}

function scorePair(instance: PretrainingInstance, weights: Float64Array): { score: number; isNext: boolean } {
  const ids = originalIds(instance);
  const first = new Set<number>();
  let score = 0;
  for (const [at, id] of ids.entries()) {
    if (instance.segmentIds[at] === 0) first.add(id);
    else if (first.has(id)) score = Math.max(score, weights[id]!);
  }
  return { score, isNext: !instance.isRandomNext };
}

/** The score from which on "next" is right most often. */
function bestThreshold(scored: { score: number; isNext: boolean }[]): number {
  const byScore = scored.toSorted((a, b) => b.score - a.score);
  let hits = byScore.filter(({ isNext }) => !isNext).length;
  let best = { hits, threshold: Number.POSITIVE_INFINITY };
  for (const [at, { score, isNext }] of byScore.entries()) {
    hits += isNext ? 1 : -1;
    const isLastOfScore = byScore[at + 1]?.score !== score;
    if (isLastOfScore && hits > best.hits) best = { hits, threshold: score };
  }
  return best.threshold;
}
