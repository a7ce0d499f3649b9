export { noteEventsHeader, noteEventsRow } from "./note-events-row.js";
export {
  type SyntheticNote,
  SYNTHETIC_TOPICS,
  type SynthesizeOptions,
  synthesizeNotes,
} from "./synthesize-notes.js";
export type { Detail, TemplateSet } from "./template.js";
