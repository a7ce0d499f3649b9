/** @file Sections of a note: the interface, the two rule sets and the categories. */
export { type CategoryRule, parseCategoryRules } from "./categories.js";
export { DEFAULT_CATEGORY_RULES } from "./default-categories.js";
export type { Section, SectionRules, SectionSplitter } from "./section.js";
export { createSectionSplitter, SECTION_RULES, type SectionSplitterOptions } from "./splitter.js";
