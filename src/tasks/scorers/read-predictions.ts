/** @file Predicted labels of texts or pairs, as JSON lines: what `predict` writes (`labels`), or `label`; by id, else in the order of gold. */
import { ClinicalBertError } from "../../errors.js";
import type { LabelExample } from "../example.js";
import { parseJsonLines, stringOf } from "../readers/label-lines.js";
import { malformed, readSourceText } from "../readers/source-files.js";
import type { LabelledItem } from "./labels.js";

/** Throws `SCORE_MISMATCH` where lines without ids are not as many as gold's, `EXAMPLES_MALFORMED` with the line. */
export async function readPredictedLabels(
  path: string,
  gold: readonly LabelExample[],
): Promise<Pick<LabelledItem, "id" | "label">[]> {
  const { text } = await readSourceText(path);
  const lines = [...parseJsonLines(path, text)].map(({ record, line }) => {
    if ("error" in record)
      throw malformed(path, line, "an error of the program that wrote it, not a prediction");
    const [best] = Array.isArray(record["labels"]) ? (record["labels"] as Record<string, unknown>[]) : [];
    const label = stringOf(best ?? record, ["label", "predicted", "prediction", "gold_label"]);
    if (label === null)
      throw malformed(path, line, "no predicted label (label, or labels with the best one first)");
    return { id: stringOf(record, ["id", "pairID"]), label };
  });
  if (lines.every(({ id }) => id !== null)) return lines as { id: string; label: string }[];
  if (lines.length !== gold.length)
    throw new ClinicalBertError(
      "SCORE_MISMATCH",
      `Gold has ${gold.length} items and the prediction ${lines.length}, not all with an id.`,
      { details: { gold: gold.length, predicted: lines.length } },
    );
  return lines.map(({ label }, index) => ({ id: gold[index]!.id, label }));
}
