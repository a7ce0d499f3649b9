/** @file The view of one note: its outline, its text, and the panels that ask models about it. */
import type { Span } from "clinicalbert/browser";
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import type { ModelInfo, ModelList, ModelTask } from "../../src/server/api.js";
import type { Backend } from "../api/backend.js";
import { Hint, modelsFor } from "../common/parts.js";
import { type Async, useAsync, doneValue } from "../common/use-async.js";
import type { Outline } from "../worker/messages.js";
import { addressOf, noteWorker } from "../worker/workers.js";
import { AttentionPanel } from "./attention-panel.js";
import { drawEntities, labelsOf, type SidedEntity, sideEntities } from "./entities.js";
import { EntitiesPanel } from "./entities-panel.js";
import { saveFile, toBrat, toJson } from "./export.js";
import { Legend } from "./legend.js";
import { MaskPanel } from "./mask-panel.js";
import { NoteText } from "./note-text.js";
import { NoteToolbar } from "./note-toolbar.js";
import { createNote, type OpenNote, readNote } from "./open-note.js";
import { OutlinePanel } from "./outline-panel.js";
import { SimilarPanel } from "./similar-panel.js";
import { StatusBar } from "./status-bar.js";
import { Tabs } from "./tabs.js";
import { Welcome } from "./welcome.js";

interface NoteViewProps {
  readonly models: readonly ModelInfo[];
  readonly loading: Async<ModelList>;
  readonly backend: Backend;
}

export function NoteView({ models, loading, backend }: NoteViewProps) {
  const [note, setNote] = useState<OpenNote | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  /** Where the note is opened at: an answer of the search, or its start. */
  const [start, setStart] = useState<Span | null>(null);
  const [folder, setFolder] = useState<readonly OpenNote[]>([]);

  const open = useCallback((next: OpenNote | null, at: Span | null = null) => {
    setFailure(null);
    setStart(at);
    setNote(next);
  }, []);
  const openFile = useCallback(
    (file: File) => void readNote(file).then(open, (error: Error) => setFailure(error.message)),
    [open],
  );
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (event.target instanceof Element && event.target.closest("textarea, input") !== null) return;
      if (text !== "") open(createNote("Pasted note", text));
    };
    const over = (event: DragEvent) => event.preventDefault();
    const drop = (event: DragEvent) => {
      event.preventDefault();
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) openFile(file);
    };
    addEventListener("paste", paste);
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("paste", paste);
      removeEventListener("dragover", over);
      removeEventListener("drop", drop);
    };
  }, [open, openFile]);

  const outline = useAsync(
    note === null ? null : (signal) => noteWorker.call("outline", [note.text], signal),
    [note],
  );
  const failed = failure ?? (loading.state === "failed" ? loading.error.message : null);
  return (
    <main id="main" tabIndex={-1} class={note === null ? "note-view empty" : "note-view"}>
      {failed !== null && (
        <p class="failure" role="alert">
          {failed}
        </p>
      )}
      {note === null ? (
        <Welcome
          onText={(name, text) => open(createNote(name, text))}
          onFile={openFile}
          onSynthetic={() => void madeUpNote().then(open)}
        />
      ) : (
        outline.state === "done" && (
          <ReadNote
            key={note.key}
            note={note}
            outline={outline.value}
            start={start}
            models={models}
            backend={backend}
            folder={folder}
            onFolder={setFolder}
            onFile={openFile}
            onOpen={open}
          />
        )
      )}
      {outline.state === "failed" && <Hint>{outline.error.message}</Hint>}
    </main>
  );
}

let madeUp = 0;

async function madeUpNote(): Promise<OpenNote> {
  const seed = ++madeUp;
  return createNote(`Made-up note ${seed}`, await noteWorker.call("madeUp", [seed]));
}

interface ReadNoteProps {
  readonly note: OpenNote;
  readonly outline: Outline;
  readonly start: Span | null;
  readonly models: readonly ModelInfo[];
  readonly backend: Backend;
  readonly folder: readonly OpenNote[];
  onFolder(notes: readonly OpenNote[]): void;
  onFile(file: File): void;
  onOpen(note: OpenNote | null, at?: Span | null): void;
}

type Tab = "entities" | "mask" | "attention" | "similar";

function ReadNote({
  note,
  outline,
  start,
  models,
  backend,
  folder,
  onFolder,
  onFile,
  onOpen,
}: ReadNoteProps) {
  const { text } = note;
  const [tab, setTab] = useState<Tab>("entities");
  const [cursor, setCursor] = useState<Span | null>(start);
  const [target, setTarget] = useState<Span | null>(start);
  const [sentences, setSentences] = useState(false);
  const [showPieces, setShowPieces] = useState(false);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const taggers = modelsFor(models, "token-classification");
  const fillers = modelsFor(models, "fill-mask");
  const [tagger, setTagger] = useModel(models, "token-classification");
  const [filler, setFiller] = useModel(models, "fill-mask");
  const [encoder, setEncoder] = useModel(models, "attention");
  const [embedder, setEmbedder] = useModel(models, "embed");
  const [otherTagger, setOtherTagger] = useState<ModelInfo | null>(null);
  const [otherFiller, setOtherFiller] = useState<ModelInfo | null>(null);

  const first = useAsync(tagger === null ? null : (signal) => backend.entities(tagger, text, signal), [
    tagger,
    backend,
  ]);
  const second = useAsync(
    otherTagger === null ? null : (signal) => backend.entities(otherTagger, text, signal),
    [otherTagger, backend],
  );
  const entities = useMemo(
    () => sideEntities(doneValue(first) ?? [], otherTagger === null ? null : (doneValue(second) ?? [])),
    [first, second, otherTagger],
  );
  const labels = useMemo(() => labelsOf([tagger, otherTagger], entities), [tagger, otherTagger, entities]);
  const seen = useMemo(() => entities.filter(({ label }) => !hidden.has(label)), [entities, hidden]);
  const drawn = useMemo(() => drawEntities(seen, labels), [seen, labels]);
  const pieceModel = tagger ?? filler ?? encoder;
  const pieces = useAsync(
    showPieces && pieceModel !== null
      ? (signal) => noteWorker.call("pieces", [addressOf(pieceModel), text], signal)
      : null,
    [showPieces, pieceModel],
  );
  const sentenceRanges = useMemo(
    () => outline.sentences.map((spans): Span => [spans[0]![0], spans.at(-1)![1]]),
    [outline],
  );
  const sentence = useMemo(() => sentenceAt(text, outline, cursor), [text, outline, cursor]);

  const choose = (word: Span, from: "note" | "list" = "note") => {
    setCursor(word);
    if (from === "list") setTarget([...word]);
    else if (tab === "entities" && filler !== null) setTab("mask");
  };
  const save = (format: "brat" | "json") => {
    const found = seen.flatMap(({ entity, side }) => (side === "second" ? [] : [entity]));
    const name = note.name.replace(/^.*[\\/]/, "").replace(/\.txt$/i, "");
    if (format === "json")
      return saveFile(`${name}.json`, toJson(note, outline, found, tagger?.id ?? null), "application/json");
    saveFile(`${name}.txt`, text, "text/plain");
    saveFile(`${name}.ann`, toBrat(text, found), "text/plain");
  };
  const result = first.state === "failed" || first.state === "busy" || otherTagger === null ? first : second;
  return (
    <>
      <aside class="outline" aria-label="Sections">
        <h2 class="panel-title">Sections</h2>
        <OutlinePanel
          text={text}
          outline={outline}
          current={cursor === null ? null : sectionAt(outline, cursor)}
          onChoose={(span) => setTarget([...span])}
        />
      </aside>
      <section class="centre" aria-label="Note">
        <NoteToolbar
          note={note}
          sentences={sentences}
          pieces={showPieces}
          canShowPieces={pieceModel !== null}
          onSentences={setSentences}
          onPieces={setShowPieces}
          onFile={onFile}
          onClose={() => onOpen(null)}
          onExport={save}
        />
        <Legend
          labels={first.state === "done" ? labels : []}
          entities={entities}
          hidden={hidden}
          compared={otherTagger !== null}
          onHidden={setHidden}
        />
        <NoteText
          text={text}
          outline={outline}
          entities={drawn}
          showSentences={sentences}
          pieces={doneValue(pieces)}
          cursor={cursor}
          target={target}
          onCursor={choose}
        />
        <p class="unseen" aria-live="polite">
          {cursor !== null && describe(text, cursor, entities)}
        </p>
        <StatusBar
          place={backend.place}
          counts={[
            [text.length, "characters"],
            [outline.sections.length, "sections"],
            [outline.sentences.length, "sentences"],
            ...(pieces.state === "done" ? [[pieces.value.tokens.length, "word pieces"] as const] : []),
          ]}
        />
      </section>
      <aside class="side" aria-label="Models">
        <Tabs<Tab>
          label="What models say"
          value={tab}
          onChoose={setTab}
          tabs={[
            {
              value: "entities",
              text: "Entities",
              panel: (
                <EntitiesPanel
                  text={text}
                  models={taggers}
                  first={tagger}
                  second={otherTagger}
                  result={result}
                  entities={seen}
                  labels={labels}
                  onFirst={setTagger}
                  onSecond={setOtherTagger}
                  onChoose={({ entity: { start: from, end: to } }: SidedEntity) => choose([from, to], "list")}
                />
              ),
            },
            {
              value: "mask",
              text: "Mask",
              panel: tab === "mask" && (
                <MaskPanel
                  text={text}
                  word={cursor}
                  sentences={sentenceRanges}
                  models={fillers}
                  backend={backend}
                  first={filler}
                  second={otherFiller}
                  onFirst={setFiller}
                  onSecond={setOtherFiller}
                />
              ),
            },
            {
              value: "attention",
              text: "Attention",
              panel: tab === "attention" && (
                <AttentionPanel
                  sentence={sentence}
                  models={modelsFor(models, "attention")}
                  model={encoder}
                  backend={backend}
                  onModel={setEncoder}
                />
              ),
            },
            {
              value: "similar",
              text: "Similar",
              panel: (
                <SimilarPanel
                  sentence={sentence}
                  models={modelsFor(models, "embed")}
                  model={embedder}
                  backend={backend}
                  notes={folder}
                  onNotes={onFolder}
                  onModel={setEmbedder}
                  onOpen={({ note: other, span }) =>
                    other.key === note.key ? choose(span, "list") : onOpen(other, span)
                  }
                />
              ),
            },
          ]}
        />
      </aside>
    </>
  );
}

/** The chosen model for a task; the first that can do it until one is chosen. */
function useModel(
  models: readonly ModelInfo[],
  task: ModelTask,
): readonly [ModelInfo | null, (model: ModelInfo | null) => void] {
  const [chosen, setChosen] = useState<ModelInfo | null>(null);
  return [chosen ?? modelsFor(models, task)[0] ?? null, setChosen];
}

/** The sentence that holds a word, on one line. */
function sentenceAt(text: string, { sentences }: Outline, word: Span | null): string | null {
  if (word === null) return null;
  const spans = sentences.find((parts) => parts.some(([start, end]) => start <= word[0] && word[0] < end));
  if (spans === undefined) return null;
  return spans
    .map((span) => text.slice(...span))
    .join(" ")
    .replace(/\s+/g, " ");
}

function sectionAt({ sections }: Outline, [start]: Span): number | null {
  const index = sections.findIndex(({ spans }) => spans.some(([from, to]) => from <= start && start < to));
  return index === -1 ? null : index;
}

/** What a screen reader says of the chosen word. */
function describe(text: string, [start, end]: Span, entities: readonly SidedEntity[]): string {
  const over = entities.find(({ entity }) => entity.start < end && entity.end > start);
  return `${text.slice(start, end)}${over === undefined ? "" : `, ${over.label}`}`;
}
