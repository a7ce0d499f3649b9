import { expect, test } from "vitest";
import { publishedLabels } from "./published-labels.js";

test("a published set of types has the published numbers, whatever the training data show of it", () => {
  const list = ["B-problem", "I-problem", "B-treatment", "I-treatment", "B-test", "I-test"];
  const numbered = ["[PAD]", ...list, "O", "X", "[CLS]", "[SEP]"];
  expect(publishedLabels(["problem", "test", "treatment"])).toEqual(numbered);
  expect(publishedLabels(["test", "problem"])).toEqual(numbered);
});

// run_ner.py:852 and 899 write id2label[3] for a predicted 0 and call it O.
test.each([
  [["problem", "test", "treatment"], "B-treatment"],
  [["AGE", "DATE", "DOCTOR", "HOSPITAL", "ID", "LOCATION", "PATIENT", "PHONE"], "B-HOSPITAL"],
  [["CLINICAL_DEPT", "EVIDENTIAL", "OCCURRENCE", "PROBLEM", "TEST", "TREATMENT"], "B-EVIDENTIAL"],
])("class 3 of %j is %s, which is not O", (types, third) => {
  expect(publishedLabels(types)[3]).toBe(third);
});

test("types of no published list are in alphabetical order, B- beside I-", () => {
  expect(publishedLabels(["Gene", "Disease"])).toEqual([
    ...["[PAD]", "B-Disease", "I-Disease", "B-Gene", "I-Gene", "O", "X", "[CLS]", "[SEP]"],
  ]);
});
