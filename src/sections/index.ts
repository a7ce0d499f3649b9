export type { Section, SectionRules, SectionSplitter } from "./section.js";
