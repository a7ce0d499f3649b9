/** @file Cuts a data set by document or patient into parts or folds: a function of ids and seed, with a hash to publish. */
import { createHash } from "node:crypto";
import { ClinicalBertError } from "../../errors.js";
import { createInstanceOrder } from "../../training/instance-order.js";
import type { Example } from "../example.js";

/** What is never cut: all examples of one document, or of one patient. */
export type SplitUnit = "document" | "patient";
export const SPLIT_UNITS: readonly SplitUnit[] = ["document", "patient"];

export interface Split {
  readonly train: readonly Example[];
  readonly dev: readonly Example[];
  readonly test: readonly Example[];
}

/**
 * Parts whose numbers of documents (or patients) have the proportions of `shares`, rounded, the train part taking the rest.
 * Examples keep their order. Throws `FINETUNE_DATA` where a part with a share stays empty or a patient is not known.
 */
export function splitExamples(examples: readonly Example[], { shares, unit, seed }: SplitOptions): Split {
  const ids = shuffledIds(examples, unit, seed);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const [dev, test] = [1, 2].map((part) => Math.round((ids.length * shares[part]!) / total)) as [
    number,
    number,
  ];
  const train = ids.length - dev - test;
  for (const [index, [count, part]] of (
    [
      [train, "train"],
      [dev, "dev"],
      [test, "test"],
    ] as const
  ).entries())
    if (shares[index]! > 0 && count < 1)
      throw new ClinicalBertError(
        "FINETUNE_DATA",
        `${ids.length} ${unit}s are too few to be split ${shares.join("/")}: the ${part} part would be empty.`,
        { remedy: "Give more of them, or name the parts yourself with --train, --dev and --test." },
      );
  const place = new Map(ids.map((id, index) => [id, index]));
  const within = (from: number, to: number): Example[] =>
    examples.filter((example) => {
      const index = place.get(unitId(example, unit))!;
      return index >= from && index < to;
    });
  return {
    train: within(0, train),
    dev: within(train, train + dev),
    test: within(train + dev, ids.length),
  };
}

export interface SplitOptions {
  /** Of train, dev and test, in any measure: [80, 10, 10]. */
  readonly shares: readonly [train: number, dev: number, test: number];
  readonly unit: SplitUnit;
  readonly seed: number;
}

/**
 * `folds` splits: each document is in the test part of exactly one and in the development part of the one after it; no
 * document is in two parts of a split.
 */
export function crossValidationSplits(
  examples: readonly Example[],
  folds: number,
  { unit, seed }: Pick<SplitOptions, "unit" | "seed">,
): Split[] {
  const ids = shuffledIds(examples, unit, seed);
  if (ids.length < folds || folds < 3)
    throw new ClinicalBertError(
      "FINETUNE_DATA",
      `${ids.length} ${unit}s cannot be cut into ${folds} folds; from 3 to as many folds as ${unit}s can be.`,
    );
  const foldOf = new Map(ids.map((id, index) => [id, index % folds]));
  const of = (example: Example): number => foldOf.get(unitId(example, unit))!;
  return Array.from({ length: folds }, (_, test) => {
    const dev = (test + 1) % folds;
    return {
      train: examples.filter((example) => of(example) !== test && of(example) !== dev),
      dev: examples.filter((example) => of(example) === dev),
      test: examples.filter((example) => of(example) === test),
    };
  });
}

/** SHA-256 over the sorted document ids of a part, one a line: equal for all who have the same documents in it. */
export function splitHash(examples: readonly Example[]): string {
  const ids = [...new Set(examples.map(({ documentId }) => documentId))].sort();
  return createHash("sha256")
    .update(ids.map((id) => `${id}\n`).join(""))
    .digest("hex");
}

function shuffledIds(examples: readonly Example[], unit: SplitUnit, seed: number): string[] {
  const ids = [...new Set(examples.map((example) => unitId(example, unit)))].sort();
  const order = createInstanceOrder(ids.length, seed);
  return ids.map((_, index) => ids[order(index)]!);
}

function unitId(example: Example, unit: SplitUnit): string {
  if (unit === "document") return example.documentId;
  if (example.patientId !== undefined) return example.patientId;
  throw new ClinicalBertError("FINETUNE_DATA", `Example ${example.id} does not say its patient.`, {
    remedy: "Split by document (--split-by document).",
    details: { example: example.id },
  });
}
