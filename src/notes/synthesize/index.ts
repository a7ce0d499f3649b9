export { noteEventsHeader, noteEventsRow } from "./note-events-row.js";
export {
  SYNTHETIC_TOPICS,
  type SynthesizeOptions,
  type SyntheticNote,
  synthesizeNotes,
} from "./synthesize-notes.js";
export type { Detail, TemplateSet } from "./template.js";
