import { describe, expect, test } from "vitest";
import { readGolden } from "../../test/oracle/read-golden.js";
import { ClinicalBertError } from "../errors.js";
import { areOrderedSpans } from "../notes/span.js";
import { createSectionSplitter } from "./splitter.js";

interface GoldenNote {
  readonly id: string;
  readonly text: string;
  /** `null` where the script raises an exception. */
  readonly alsentzer2019: string[] | null;
}

const splitter = createSectionSplitter("alsentzer2019");

describe.each(["published", "fuzzed"])("alsentzer2019 on the %s golden notes", (name) => {
  const notes = readGolden<GoldenNote>(`sections/${name}.jsonl.gz`);

  test("gives the script's own strings, and an error where the script raises one", () => {
    expect(notes.some((note) => note.alsentzer2019 === null)).toBe(true);
    for (const { id, text, alsentzer2019 } of notes) {
      const found = splitOrNull(text);
      expect({ id, sections: found?.map((section) => section.text) ?? null }).toEqual({
        id,
        sections: alsentzer2019,
      });
      for (const section of found ?? []) expect(areOrderedSpans(section.spans, text.length)).toBe(true);
    }
  });
});

test("a separator's span is the whole rule, its text the script's five characters", () => {
  expect(splitter.split("a\n\n--------\n\nb")[1]).toEqual({
    text: "-----",
    spans: [[3, 11]],
    title: null,
    category: null,
  });
});

test("the refusal names Python's exception and an offset, and quotes nothing", () => {
  const text = "1. secret\n2. secret\n3 secret";
  try {
    splitter.split(text);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ClinicalBertError);
    expect((error as ClinicalBertError).code).toBe("SECTIONS_REFUSED");
    expect((error as ClinicalBertError).details["python"]).toBe("AttributeError");
    expect((error as ClinicalBertError).message).not.toContain("secret");
  }
});

test("a number too long for Python is refused as Python refuses it", () => {
  expect(splitOrNull(`${"1".repeat(4300)}. a`)).toHaveLength(1);
  expect(() => splitter.split(`${"1".repeat(4301)}. a`)).toThrow(/ValueError/);
});

function splitOrNull(text: string) {
  try {
    return splitter.split(text);
  } catch (error) {
    if (error instanceof ClinicalBertError && error.code === "SECTIONS_REFUSED") return null;
    throw error;
  }
}
