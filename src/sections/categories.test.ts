import { describe, expect, test } from "vitest";
import type { ClinicalBertError } from "../errors.js";
import { createCategoriser, parseCategoryRules } from "./categories.js";
import { createSectionSplitter } from "./splitter.js";

describe("section categories", () => {
  const categorise = createCategoriser();

  test.each([
    ["History of Present Illness", "history_of_present_illness"],
    ["HISTORY OF PRESENT ILLNESS", "history_of_present_illness"],
    ["PMH", "past_medical_history"],
    ["Labs (on admission)", "results"],
    ["Medications on Admission", "medications"],
    ["Discharge Medications", "discharge_medications"],
    ["Impression and Plan", "assessment_and_plan"],
    ["Medicationsx", null],
    ["", null],
  ])("%s is %s", (heading, category) => {
    expect(categorise(heading)).toBe(category);
  });

  test("a user's file adds headings and moves them", () => {
    const rules = parseCategoryRules(
      '{"extends":"default","categories":[{"category":"wound_care","headings":["wound *","PMH"]}]}',
    );
    const splitter = createSectionSplitter("corrected", { categories: rules });
    expect(
      splitter.split("Wound Left Foot:\nclean\n\nPMH: none\n\nLabs: ok").map(({ category }) => category),
    ).toEqual(["wound_care", "wound_care", "results"]);
  });

  test.each([
    ["{", "the file"],
    ["[]", "the file"],
    ['{"extends":"mine","categories":[]}', "extends"],
    ['{"categories":{}}', "categories"],
    ['{"categories":[],"rules":1}', 'unknown key "rules"'],
    ['{"categories":[{"category":"Two Words","headings":["a"]}]}', "categories[0].category"],
    ['{"categories":[{"category":"a","headings":["b",":"]}]}', "categories[0].headings[1]"],
    ['{"categories":[{"category":"a","headings":[]}]}', "categories[0].headings"],
  ])("refuses %s by its place", (json, place) => {
    try {
      parseCategoryRules(json);
      expect.unreachable();
    } catch (error) {
      expect((error as ClinicalBertError).code).toBe("SECTION_CATEGORIES");
      expect((error as ClinicalBertError).message).toContain(place);
    }
  });
});
