/** @file The JSON line of an instance: key order and numbers as in the golden files, no spaces. */
import type { PretrainingInstance } from "./instance.js";

export function formatInstance(instance: PretrainingInstance): string {
  const { ids, segmentIds, maskedPositions, maskedIds, isRandomNext } = instance;
  return (
    `{"input_ids":[${ids.join(",")}],"segment_ids":[${segmentIds.join(",")}],` +
    `"masked_lm_positions":[${maskedPositions.join(",")}],"masked_lm_ids":[${maskedIds.join(",")}],` +
    `"next_sentence_label":${isRandomNext ? 1 : 0}}`
  );
}
