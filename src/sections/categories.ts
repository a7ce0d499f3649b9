/** @file Normalised categories of sections, by the words of their headings: the shipped rules and the reader of a user's. */
import { ClinicalBertError } from "../errors.js";
import { DEFAULT_CATEGORY_RULES } from "./default-categories.js";

/** One category and its headings. A heading that ends with ` *` also stands for longer ones that begin with its words. */
export interface CategoryRule {
  /** Lower-case words joined by `_`, e.g. `history_of_present_illness`. */
  readonly category: string;
  readonly headings: readonly string[];
}

/** Finds the category of a heading (without its colon); `null` when no rule names it. */
export type Categorise = (heading: string) => string | null;

/** Later rules win over earlier ones, so that a user's rules can move a heading to another category. */
export function createCategoriser(rules: readonly CategoryRule[] = DEFAULT_CATEGORY_RULES): Categorise {
  const exact = new Map<string, string>();
  const beginnings = new Map<string, string>();
  for (const { category, headings } of rules) {
    for (const heading of headings) {
      const words = normaliseHeading(heading);
      exact.set(words, category);
      if (heading.endsWith("*")) beginnings.set(words, category);
    }
  }
  return (heading) => {
    const words = normaliseHeading(heading.slice(0, LONGEST_HEADING));
    const found = exact.get(words);
    if (found !== undefined) return found;
    for (let cut = words.length; cut > 0; cut = words.lastIndexOf(" ", cut - 1)) {
      const category = beginnings.get(words.slice(0, cut));
      if (category !== undefined) return category;
    }
    return null;
  };
}

/** No heading worth a category is longer; bounds the work on hostile text. */
const LONGEST_HEADING = 120;

/** Lower-case words joined by single spaces; what stands in parentheses and every other character is left out. */
function normaliseHeading(heading: string): string {
  return heading
    .replace(/\([^()]{0,120}\)/g, " ")
    .toLowerCase()
    .replace(/['’]/g, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/**
 * Reads a user's rule file: `{"extends": "default" | null, "categories": [{"category", "headings"}]}`. Throws
 * `SECTION_CATEGORIES` that names the place (`categories[2].headings[0]`) and the allowed form.
 */
export function parseCategoryRules(json: string): CategoryRule[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw invalid("the file", "valid JSON");
  }
  const file = record(value, "the file", ["extends", "categories"]);
  if (file["extends"] !== undefined && file["extends"] !== null && file["extends"] !== "default")
    throw invalid("extends", '"default" or null');
  if (!Array.isArray(file["categories"])) throw invalid("categories", "a list");
  const own = file["categories"].map((entry: unknown, index) => parseRule(entry, `categories[${index}]`));
  return file["extends"] === "default" ? [...DEFAULT_CATEGORY_RULES, ...own] : own;
}

function parseRule(value: unknown, place: string): CategoryRule {
  const rule = record(value, place, ["category", "headings"]);
  const { category, headings } = rule as { category?: unknown; headings?: unknown };
  if (typeof category !== "string" || !/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(category))
    throw invalid(`${place}.category`, "lower-case words joined by _");
  if (!Array.isArray(headings) || headings.length === 0)
    throw invalid(`${place}.headings`, "a list of headings");
  for (const [index, heading] of headings.entries())
    if (typeof heading !== "string" || normaliseHeading(heading) === "")
      throw invalid(`${place}.headings[${index}]`, "a heading with at least one letter or digit");
  return { category, headings: headings as string[] };
}

function record(value: unknown, place: string, keys: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(place, "an object");
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined)
    throw invalid(`${place}: unknown key ${JSON.stringify(unknown)}`, keys.join(", "));
  return value as Record<string, unknown>;
}

function invalid(place: string, allowed: string): ClinicalBertError {
  return new ClinicalBertError("SECTION_CATEGORIES", `Section categories: ${place} must be ${allowed}.`, {
    details: { place, allowed },
  });
}
