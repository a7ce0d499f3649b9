/** @file What stands here before a note is open: ways to open one. */
import { useState } from "preact/hooks";
import { FileButton } from "./note-toolbar.js";

interface WelcomeProps {
  onText(name: string, text: string): void;
  onFile(file: File): void;
  onSynthetic(): void;
}

export function Welcome({ onText, onFile, onSynthetic }: WelcomeProps) {
  const [text, setText] = useState("");
  return (
    <section class="welcome" aria-labelledby="welcome">
      <h2 id="welcome">Open a note</h2>
      <p class="quiet">Paste it here, drop a text file anywhere on this page, or choose one.</p>
      <label class="field">
        <span>Text of the note</span>
        <textarea
          rows={12}
          value={text}
          spellcheck={false}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <p class="welcome-actions">
        <button
          type="button"
          class="primary"
          disabled={text === ""}
          onClick={() => onText("Pasted note", text)}
        >
          Read this note
        </button>
        <FileButton text="Open a file…" onFile={onFile} />
        <button type="button" onClick={onSynthetic}>
          A made-up note
        </button>
      </p>
      <p class="quiet">
        Sections, sentences and word pieces are found in this browser. What models are asked goes to the
        server that sent this page, or nowhere: choose “In this browser” above.
      </p>
    </section>
  );
}
