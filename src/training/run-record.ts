/** @file The record that a run keeps of itself: made once, checked by every command that goes on with the run. */
import { readFile } from "node:fs/promises";
import { ClinicalBertError } from "../errors.js";

/** The record in `path`; null where there is none. Throws `TRAINING_RESUME` for a file of another format. */
export async function readRunRecord<R extends { readonly format: string }>(
  path: string,
  format: R["format"],
): Promise<R | null> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return null;
  try {
    const record = JSON.parse(text) as R;
    if (record.format === format) return record;
  } catch {
    // Said below: it is not ours, whatever it is.
  }
  throw new ClinicalBertError("TRAINING_RESUME", `${path} is not the recipe of a run of this kind.`, {
    details: { path },
  });
}

/** Throws `TRAINING_RESUME` when anything differs from what the run in `folder` was started with. */
export function requireSameRun(folder: string, differences: readonly string[]): void {
  if (differences.length > 0)
    throw new ClinicalBertError(
      "TRAINING_RESUME",
      `${folder} holds a run with other values of ${differences.join(", ")}.`,
      { details: { folder, differences } },
    );
}
