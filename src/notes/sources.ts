/** @file The sources of notes, for Node only; `index.ts` of this folder stays free of `node:` modules for the browser. */
export { COLUMN_ROLES, type ColumnMapping, type ColumnRole } from "./columns.js";
export type { NoteFilter } from "./filters.js";
export type { NoteSourceOptions, SourceFormat } from "./note-source.js";
export { openNoteBatches, openNotes } from "./open-notes.js";
export type { Refusal, RefusalReason } from "./refusal.js";
