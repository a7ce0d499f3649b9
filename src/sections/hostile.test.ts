import { describe, expect, test } from "vitest";
import type { SectionRules } from "./section.js";
import { createSectionSplitter } from "./splitter.js";

const MEGABYTE = 1 << 20;

/** Patterns that make backtracking matchers, rescans or naive searches quadratic. */
const PATTERNS: Readonly<Record<string, (index: number) => string>> = {
  "blank lines and ones": () => "\n\n1.",
  "lines of ones": () => "\n1.",
  headings: () => "A:",
  "heading lines": () => "\nAb:",
  "headings of one line repeated below": (index) => (index < MEGABYTE / 10 ? "Aa b: " : "\nAa b:"),
  "growing list": (index) => `\n${index}. a`,
  "numbers without full stop": (index) => `\n${index} a`,
  "open parentheses": () => "\nA (((",
  "spaces before colons": () => "\nA              ",
  "separators in one line": () => "a---",
  placeholders: () => "   ___",
  "admission lines": () => "Admission Date: a Discharge Date: b ",
  digits: () => "1",
  "digits and stops": () => "\n 11111.",
  "white space": () => "\n \t",
  "line feeds": () => "\n",
  "long title": () => "A b",
};

describe.each<SectionRules>(["alsentzer2019", "corrected"])("%s", (rules) => {
  const splitter = createSectionSplitter(rules);
  test.each(Object.keys(PATTERNS))(
    "one megabyte of %s takes less than a second of processor time",
    (name) => {
      let text = "";
      for (let index = 0; text.length < MEGABYTE; index++) text += PATTERNS[name]!(index);
      // Flattens the string: the cost of building the test text is not the splitter's.
      text = Buffer.from(text).toString();
      // Processor time, the best of three: a quadratic splitter needs minutes.
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 3 && best >= 1000; round++) {
        const start = process.cpuUsage();
        try {
          splitter.split(text);
        } catch (error) {
          expect((error as { code?: string }).code).toBe("SECTIONS_REFUSED");
        }
        const { user, system } = process.cpuUsage(start);
        best = Math.min(best, (user + system) / 1000);
      }
      expect(best).toBeLessThan(1000);
    },
  );
});
