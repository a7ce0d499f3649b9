/** @file The tools above a note: open, what is drawn, export. */
import type { OpenNote } from "./open-note.js";

interface NoteToolbarProps {
  readonly note: OpenNote;
  readonly sentences: boolean;
  readonly pieces: boolean;
  /** Whether a model is there whose word pieces can be shown. */
  readonly canShowPieces: boolean;
  onSentences(shown: boolean): void;
  onPieces(shown: boolean): void;
  onFile(file: File): void;
  onClose(): void;
  onExport(format: "brat" | "json"): void;
}

export function NoteToolbar(props: NoteToolbarProps) {
  return (
    <div class="toolbar">
      <h2 title={props.note.name}>{props.note.name}</h2>
      <label class="check">
        <input
          type="checkbox"
          checked={props.sentences}
          onChange={({ currentTarget }) => props.onSentences(currentTarget.checked)}
        />
        <span>Sentences</span>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={props.pieces}
          disabled={!props.canShowPieces}
          onChange={({ currentTarget }) => props.onPieces(currentTarget.checked)}
        />
        <span>Word pieces</span>
      </label>
      <span class="toolbar-end">
        <span class="quiet" aria-hidden="true">
          Export
        </span>
        <button type="button" aria-label="Export brat" onClick={() => props.onExport("brat")}>
          brat
        </button>
        <button type="button" aria-label="Export JSON" onClick={() => props.onExport("json")}>
          JSON
        </button>
        <FileButton text="Open…" onFile={props.onFile} />
        <button type="button" onClick={props.onClose}>
          Close
        </button>
      </span>
    </div>
  );
}

export function FileButton({ text, onFile }: { readonly text: string; onFile(file: File): void }) {
  return (
    <label class="button">
      {text}
      <input
        class="unseen"
        type="file"
        accept=".txt,.text,.note,text/plain"
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          if (file !== undefined) onFile(file);
          currentTarget.value = "";
        }}
      />
    </label>
  );
}
