/** @file What a set of instances looks like: counts for the report, added up shard by shard. */

export interface InstanceStatistics {
  instances: number;
  tokens: number;
  /** Instances whose second segment is from another place (next-sentence label 1). */
  randomNext: number;
  maskedTokens: number;
  /** Of the masked: replaced by `[MASK]`, by a random word, left as they were. */
  replacedByMask: number;
  replacedByRandom: number;
  kept: number;
  /** histogram[k]: instances of k·16 … k·16+15 tokens. */
  lengthHistogram: number[];
}

export const HISTOGRAM_STEP = 16;

export function emptyStatistics(maxLength: number): InstanceStatistics {
  return {
    instances: 0,
    tokens: 0,
    randomNext: 0,
    maskedTokens: 0,
    replacedByMask: 0,
    replacedByRandom: 0,
    kept: 0,
    lengthHistogram: new Array<number>(Math.floor(maxLength / HISTOGRAM_STEP) + 1).fill(0),
  };
}

export function addStatistics(total: InstanceStatistics, part: InstanceStatistics): void {
  total.instances += part.instances;
  total.tokens += part.tokens;
  total.randomNext += part.randomNext;
  total.maskedTokens += part.maskedTokens;
  total.replacedByMask += part.replacedByMask;
  total.replacedByRandom += part.replacedByRandom;
  total.kept += part.kept;
  for (let index = 0; index < part.lengthHistogram.length; index++)
    total.lengthHistogram[index]! += part.lengthHistogram[index]!;
}

/** The shares that a reader of the report looks for; `null` where nothing was counted. */
export interface InstanceReport extends InstanceStatistics {
  readonly maskedShare: number;
  readonly maskShare: number;
  readonly randomShare: number;
  readonly keptShare: number;
  readonly randomNextShare: number;
  /** Of the padded width. */
  readonly paddingShare: number;
  readonly meanLength: number;
}

export function reportOf(statistics: InstanceStatistics, maxLength: number): InstanceReport {
  const { instances, tokens, maskedTokens } = statistics;
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  return {
    ...statistics,
    maskedShare: share(maskedTokens, tokens),
    maskShare: share(statistics.replacedByMask, maskedTokens),
    randomShare: share(statistics.replacedByRandom, maskedTokens),
    keptShare: share(statistics.kept, maskedTokens),
    randomNextShare: share(statistics.randomNext, instances),
    paddingShare: 1 - share(tokens, instances * maxLength),
    meanLength: share(tokens, instances),
  };
}
