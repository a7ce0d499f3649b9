import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findI2b2Sets } from "./i2b2-folders.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "i2b2-folders-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Paths that end in `/` are folders. */
function make(...paths: string[]): void {
  for (const path of paths)
    if (path.endsWith("/")) mkdirSync(join(root, path), { recursive: true });
    else {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), "");
    }
}

async function found(): Promise<Record<string, { train: string[]; test: string[] }>> {
  const below = (paths: readonly string[]): string[] => paths.map((path) => path.slice(root.length + 1));
  return Object.fromEntries(
    [...(await findI2b2Sets(root))].map(([task, { train, test }]) => [
      task,
      { train: below(train), test: below(test) },
    ]),
  );
}

const SET_2010 = [
  "concept_assertion_relation_training_data/beth/concept/",
  "concept_assertion_relation_training_data/partners/unannotated/",
  "reference_standard_for_test_data/concepts/",
  "test_data/",
];
const FOUND_2010 = (under: string) => ({
  train: ["beth", "partners"].map((part) => `${under}concept_assertion_relation_training_data/${part}`),
  test: ["reference_standard_for_test_data", "test_data"].map((part) => `${under}${part}`),
});

test("archives unpacked side by side, with the archives and what else comes with them", async () => {
  make(
    ...SET_2010,
    ...SET_2010.map((path) => `${path.split("/")[0]}.tar.gz`),
    "2012-06-18.release-fix/",
    "2012-07-15.original-annotation.release/",
    "2012-08-06.test-data-release/txt/",
    "2012-08-08.test-data.event-timex-groundtruth/i2b2/",
    "2012-08-08.test-data.event-timex-groundtruth/xml/",
    "ground_truth/merged_xml/",
    "deid_surrogate_train_all_version2.xml",
    "deid_surrogate_test_all_version2.xml",
    "deid_surrogate_test_all_groundtruth_version2.xml",
    "unannotated_records_deid_smoking.xml",
    "training-PHI-Gold-Set1/",
    "training-PHI-Gold-Set2/",
    "training-RiskFactors-Complete-Set1/",
    "testing-PHI-Gold-fixed/",
    "testing-PHI-noTags/",
    "__MACOSX/testing-PHI-Gold-fixed/",
  );
  expect(await found()).toEqual({
    "i2b2-2006": {
      train: ["deid_surrogate_train_all_version2.xml"],
      test: ["deid_surrogate_test_all_groundtruth_version2.xml"],
    },
    "i2b2-2010": FOUND_2010(""),
    "i2b2-2012": {
      train: ["2012-07-15.original-annotation.release"],
      test: ["2012-08-08.test-data.event-timex-groundtruth/xml"],
    },
    "i2b2-2014": {
      train: ["training-PHI-Gold-Set1", "training-PHI-Gold-Set2"],
      test: ["testing-PHI-Gold-fixed"],
    },
  });
});

test("in folders of their own, nested, and by way of a link", async () => {
  make(
    ...SET_2010.map((path) => `n2c2/2010 Relations Challenge/${path}`),
    "2012/2012-07-15.original-annotation.release/",
    "2012/ground_truth/merged_xml/",
    "2012/ground_truth/unmerged_i2b2/",
    "elsewhere/deid_surrogate_train_all_version2.xml",
    "elsewhere/deid_surrogate_test_all_groundtruth_version2.xml",
  );
  symlinkSync(join(root, "elsewhere"), join(root, "2006"));
  expect(await found()).toEqual({
    "i2b2-2006": {
      train: ["2006/deid_surrogate_train_all_version2.xml"],
      test: ["2006/deid_surrogate_test_all_groundtruth_version2.xml"],
    },
    "i2b2-2010": FOUND_2010("n2c2/2010 Relations Challenge/"),
    "i2b2-2012": {
      train: ["2012/2012-07-15.original-annotation.release"],
      test: ["2012/ground_truth/merged_xml"],
    },
  });
});

test("deep below the folder, and past links that lead back up", async () => {
  make(...SET_2010.map((path) => `data/n2c2/portal/2024-05/relations/${path}`));
  symlinkSync(root, join(root, "data", "n2c2", "up"));
  expect(await found()).toEqual({ "i2b2-2010": FOUND_2010("data/n2c2/portal/2024-05/relations/") });
});

test("a user's own folders, without archives and parts that have no annotations", async () => {
  make(
    "2014/train/1.xml",
    "2014/training-RiskFactors-Gold-Set1/",
    "2014/test/",
    "2014/testing-PHI-noTags/",
    "2014/testing-PHI-Gold-fixed.tar.gz",
  );
  expect(await found()).toEqual({ "i2b2-2014": { train: ["2014/train"], test: ["2014/test"] } });
});

test("a part that is missing is named with what was expected, and what is to be unpacked", async () => {
  make("2012/2012-07-15.original-annotation.release/", "2012/2012-08-23.test-data.groundtruth.tar.gz");
  await expect(findI2b2Sets(root)).rejects.toMatchObject({
    code: "FILE_NOT_FOUND",
    message: expect.stringMatching(/no testing data of i2b2 2012: .*ground_truth\/merged_xml/),
    remedy: "Unpack 2012/2012-08-23.test-data.groundtruth.tar.gz.",
  });
  rmSync(join(root, "2012"), { recursive: true });
  make("concept_assertion_relation_training_data/beth/", ...SET_2010.slice(2));
  await expect(findI2b2Sets(root)).rejects.toMatchObject({
    message: expect.stringMatching(/no training data of i2b2 2010: .*beth with .*partners/),
    remedy: expect.stringMatching(/i2b2 2010 relations .*portal\.dbmi\.hms\.harvard\.edu/),
  });
});

test("a folder without any of them, or that is not there", async () => {
  make("notes/a.txt");
  await expect(findI2b2Sets(root)).rejects.toThrow(/has no data of i2b2/);
  await expect(findI2b2Sets(join(root, "missing"))).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
});
