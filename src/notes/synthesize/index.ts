export { noteEventsHeader, noteEventsRow } from "./note-events-row.js";
export {
  SYNTHETIC_CATEGORIES,
  SYNTHETIC_TOPICS,
  type SynthesizeOptions,
  type SyntheticCategory,
  type SyntheticNote,
  synthesizeNotes,
} from "./synthesize-notes.js";
export type { TemplateSet } from "./template.js";
