/** @file Makes a section splitter of a rule set: cuts the note, then gives each section its text, title and category. */
import { ClinicalBertError } from "../errors.js";
import { joinSpans, type Span } from "../notes/span.js";
import { splitAlsentzer2019 } from "./alsentzer2019.js";
import { type CategoryRule, createCategoriser } from "./categories.js";
import { splitCorrected } from "./corrected.js";
import { titleSpan } from "./join-bodies.js";
import { createLineEnd } from "./line-ends.js";
import type { Section, SectionRules, SectionSplitter } from "./section.js";
import type { Segment } from "./segment.js";

export const SECTION_RULES: readonly SectionRules[] = ["corrected", "alsentzer2019"];

export interface SectionSplitterOptions {
  /** Default: the rules shipped with the package; see `parseCategoryRules` for a user's file. */
  readonly categories?: readonly CategoryRule[];
}

/** The splitter of a rule set; throws `USAGE` for an unknown name. */
export function createSectionSplitter(
  rules: SectionRules = "corrected",
  { categories }: SectionSplitterOptions = {},
): SectionSplitter {
  const allowed = SECTION_RULES.join(", ");
  if (!SECTION_RULES.includes(rules))
    throw new ClinicalBertError("USAGE", `Section rules "${rules}" are unknown; there are ${allowed}.`);
  const isCorrected = rules === "corrected";
  const cut = isCorrected ? splitCorrected : splitAlsentzer2019;
  const categorise = rememberCategories(createCategoriser(categories));
  return {
    rules,
    split(text) {
      const sections: Section[] = [];
      const lineEnd = createLineEnd(text);
      let category: string | null = null;
      cut(text, lineEnd, (first, second, firstIsTitle) => {
        const title = titleSpan(text, lineEnd, first, firstIsTitle);
        // A section without a heading of its own stands under the last one.
        if (title !== null) category = categorise(text.slice(title[0], title[1]));
        const spans = spansOf(first, second);
        const own = isCorrected ? joinSpans(text, spans) : scriptText(text, first, second);
        sections.push({ text: own, spans, title, category });
      });
      return sections;
    },
  };
}

function spansOf(first: Segment, second: Segment | null): Span[] {
  const spans: Span[] = first.end > first.start ? [[first.start, first.end]] : [];
  if (second !== null && second.end > second.start) spans.push([second.start, second.end]);
  return spans;
}

/** The script's own string: five characters for a separator, a line feed that it supposed, title and body joined by a space. */
function scriptText(text: string, first: Segment, second: Segment | null): string {
  const start = segmentText(text, first);
  return second === null ? start : `${start} ${segmentText(text, second)}`;
}

function segmentText(text: string, { start, end, separator, newline }: Segment): string {
  return separator ?? (newline ? `\n${text.slice(start, end)}` : text.slice(start, end));
}

const REMEMBERED = 4096;

/** The same few headings come again in every note; the memory is emptied when hostile text fills it. */
function rememberCategories(categorise: (heading: string) => string | null) {
  const known = new Map<string, string | null>();
  return (heading: string): string | null => {
    const found = known.get(heading);
    if (found !== undefined) return found;
    if (known.size >= REMEMBERED) known.clear();
    const category = categorise(heading);
    known.set(heading, category);
    return category;
  };
}
