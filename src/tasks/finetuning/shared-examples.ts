/** @file What two parts of a data set have in common: documents and patients that make a test easier than it is. */
import type { Example } from "../example.js";
import type { FinetuneData } from "./finetune-data.js";

const PAIRS = [
  ["train", "dev"],
  ["train", "test"],
  ["dev", "test"],
] as const;

/** A sentence for each two parts that share documents, and for each that share patients; never an id or a text. */
export function sharedNotices(data: FinetuneData): string[] {
  return PAIRS.flatMap(([left, right]) =>
    (
      [
        ["document", documentKey],
        ["patient", ({ patientId }: Example) => patientId],
      ] as const
    ).flatMap(([what, keyOf]) => {
      const count = countShared(data[left] ?? [], data[right] ?? [], keyOf);
      if (count === 0) return [];
      const whats = count === 1 ? `${what} stands` : `${what}s stand`;
      return [`${count} ${whats} in the ${left} and in the ${right} data; scores on them are too high`];
    }),
  );
}

/**
 * A document of several examples is known by its id. One example alone is known by its text: its id is often a number that begins anew in
 * each file, and a copy has another one.
 */
function documentKey(example: Example): string {
  if (example.documentId !== example.id) return `id\0${example.documentId}`;
  return example.kind === "label" ? `text\0${example.text}\0${example.pair ?? ""}` : `text\0${example.text}`;
}

function countShared(
  left: readonly Example[],
  right: readonly Example[],
  keyOf: (example: Example) => string | undefined,
): number {
  const known = new Set(left.map(keyOf));
  known.delete(undefined);
  return new Set(right.map(keyOf).filter((key) => known.has(key))).size;
}
