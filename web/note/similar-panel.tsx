/** @file The panel that finds sentences like the chosen one across a folder of notes. The folder is read in the page. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ModelInfo } from "../../src/server/api.js";
import type { Backend } from "../api/backend.js";
import { Hint, ModelSelect, StateLine } from "../common/parts.js";
import { Rows } from "../common/rows.js";
import { type Async, useAsync } from "../common/use-async.js";
import { isNoteFile, type OpenNote, readNote } from "./open-note.js";
import { type Hit, indexNotes, nearest, type SentenceIndex } from "./similar.js";

interface SimilarPanelProps {
  readonly sentence: string | null;
  readonly models: readonly ModelInfo[];
  readonly model: ModelInfo | null;
  readonly backend: Backend;
  readonly notes: readonly OpenNote[];
  onNotes(notes: readonly OpenNote[]): void;
  onModel(model: ModelInfo | null): void;
  onOpen(hit: Hit): void;
}

const HITS = 50;
const ROW = 84;

export function SimilarPanel(props: SimilarPanelProps) {
  const { sentence, models, model, backend, notes, onNotes } = props;
  const folder = useRef<HTMLInputElement>(null);
  const [question, setQuestion] = useState(sentence ?? "");
  const [progress, setProgress] = useState<readonly [number, number]>([0, 0]);
  const [stopped, setStopped] = useState(false);
  // Not an attribute that JSX knows.
  useEffect(() => folder.current?.setAttribute("webkitdirectory", ""), []);
  useEffect(() => {
    if (sentence !== null) setQuestion(sentence);
  }, [sentence]);

  const index: Async<SentenceIndex> = useAsync(
    model === null || notes.length === 0 || stopped
      ? null
      : (signal) => indexNotes(notes, model, backend, signal, (done, all) => setProgress([done, all])),
    [notes, model, backend, stopped],
  );
  const asked = useAsync(
    model === null || index.state !== "done" || question.trim() === ""
      ? null
      : async (signal) => (await backend.embed(model, [question], signal))[0]!,
    [question, index, model, backend],
  );
  const hits = useMemo(
    () => (index.state === "done" && asked.state === "done" ? nearest(index.value, asked.value, HITS) : []),
    [index, asked],
  );
  const choose = async ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => {
    const files = [...(currentTarget.files ?? [])].filter(isNoteFile);
    currentTarget.value = "";
    setStopped(false);
    onNotes(await Promise.all(files.map(readNote)));
  };
  const [done, all] = progress;
  return (
    <>
      <div class="controls">
        <ModelSelect label="Model" models={models} value={model} onChoose={props.onModel} />
        <label class="button">
          Folder…
          <input class="unseen" type="file" ref={folder} onChange={choose} />
        </label>
        <label class="button">
          Files…
          <input class="unseen" type="file" multiple accept=".txt,.text,.note" onChange={choose} />
        </label>
      </div>
      <label class="field">
        <span>Sentence to look for</span>
        <textarea
          rows={3}
          value={question}
          onInput={({ currentTarget }) => setQuestion(currentTarget.value)}
        />
      </label>
      <div class="progress-line">
        {index.state === "busy" ? (
          <>
            <progress max={Math.max(1, all)} value={done} aria-label="Sentences read" />
            <span class="number">
              {done} of {all} sentences
            </span>
            <button type="button" onClick={() => setStopped(true)}>
              Stop
            </button>
          </>
        ) : (
          <span class="quiet">
            {index.state === "done"
              ? `${index.value.sentences.length} sentences of ${notes.length} notes`
              : stopped
                ? "Stopped. Choose a folder to start again."
                : backend.place === "server"
                  ? "Notes are read here; their sentences go to this server to be embedded."
                  : "Notes are read and embedded in this browser."}
          </span>
        )}
      </div>
      {(index.state === "failed" || asked.state === "failed") && (
        <StateLine result={index.state === "failed" ? index : asked} busy="" />
      )}
      {notes.length === 0 && (
        <Hint>
          Choose a folder of notes (.txt), and a word of the open note: the sentences nearest to its sentence
          are listed.
        </Hint>
      )}
      <Rows
        label={`${hits.length} similar sentences`}
        items={hits}
        rowHeight={ROW}
        row={(hit) => (
          <button type="button" class="row tall" onClick={() => props.onOpen(hit)}>
            <span class="row-text">{hit.text}</span>
            <span class="row-sub">{hit.note.name}</span>
            <span class="row-end">{hit.cosine.toFixed(3)}</span>
          </button>
        )}
      />
    </>
  );
}
