/** @file One masked-LM + next-sentence example (google-research/bert create_pretraining_data.py:42–63, `TrainingInstance`). */

/** Unpadded: `ids` and `segmentIds` have T ≤ S elements, `maskedPositions` and `maskedIds` P ≤ max_predictions. */
export interface PretrainingInstance {
  /** int32[T]: `[CLS] a [SEP] b [SEP]` after masking. */
  readonly ids: Int32Array;
  /** uint8[T]: 0 up to and including the first `[SEP]`, 1 after it. */
  readonly segmentIds: Uint8Array;
  /** int32[P]: ascending positions whose original token is to be predicted. */
  readonly maskedPositions: Int32Array;
  /** int32[P]: original ids at those positions. */
  readonly maskedIds: Int32Array;
  /** True when the second segment was drawn from another document (next-sentence label 1). */
  readonly isRandomNext: boolean;
}
