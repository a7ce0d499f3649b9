export type { Note } from "./note.js";
export { areOrderedSpans, joinSpans, type Span, sliceSpan } from "./span.js";
