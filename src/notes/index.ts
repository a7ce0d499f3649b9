export type { Note } from "./note.js";
export { areOrderedSpans, joinSpans, type Span, sliceSpan } from "./span.js";
export {
  SYNTHETIC_CATEGORIES,
  SYNTHETIC_TOPICS,
  type SynthesizeOptions,
  type SyntheticCategory,
  type SyntheticNote,
  synthesizeNotes,
  type TemplateSet,
} from "./synthesize/index.js";
