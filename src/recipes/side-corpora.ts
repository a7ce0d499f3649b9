/** @file The corpora of both sides: notes to sections to sentences, one a line. */
import { readFile } from "node:fs/promises";
import { type BatchWorker, formatCorpus } from "../corpus/format-corpus.js";
import type { CorpusManifest } from "../corpus/manifest.js";
import { ClinicalBertError } from "../errors.js";
import type { Note } from "../notes/note.js";
import type { SectionSplitter } from "../sections/section.js";
import type { SentenceSplitter } from "../sentences/sentence.js";
import { type NoteSides, SIDES, type Side } from "./note-sides.js";
import type { OnProgress, StageFolder } from "./stage-folder.js";

export interface SideCorporaOptions {
  readonly sections: SectionSplitter;
  readonly sentences: SentenceSplitter;
  /** Formats elsewhere (worker threads); default: on this thread. */
  readonly worker?: BatchWorker;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

export interface CorporaCounts {
  readonly notes: number;
  readonly sentences: number;
  /** Notes that the rules refuse, named in `refused.jsonl`: the published script loses them in silence. */
  readonly refused: number;
}

/** Writes `corpus/training` and `corpus/held-out`. Throws `NOTES_TOO_FEW` when a side has no sentence. */
export async function writeCorpora(
  notes: NoteSides,
  folder: StageFolder,
  { sections, sentences, worker, onProgress, signal }: SideCorporaOptions,
): Promise<CorporaCounts> {
  const total = { notes: 0, sentences: 0, refused: 0 };
  for (const side of SIDES) {
    const before = total.notes;
    const { counts, refusedNotes } = await formatCorpus(withTurns(notes.read(side)), {
      out: folder.file("corpus", side),
      sections,
      sentences,
      byCategory: false,
      source: notes.identity,
      ...(worker === undefined ? {} : { worker }),
      signal,
      onProgress: (done) => onProgress(before + done),
    });
    if (counts.sentences === 0)
      throw new ClinicalBertError("NOTES_TOO_FEW", `The notes give no ${side} sentences.`, {
        details: { side },
      });
    total.notes += counts.notes;
    total.sentences += counts.sentences;
    for (const count of Object.values(refusedNotes)) total.refused += count;
  }
  return total;
}

const TURN_EVERY = 256;

/** Synthetic notes come without ever waiting: lets signals in now and then. */
async function* withTurns(notes: Iterable<Note> | AsyncIterable<Note>): AsyncGenerator<Note> {
  let count = 0;
  for await (const note of notes) {
    if (++count % TURN_EVERY === 0) await new Promise((done) => setImmediate(done));
    yield note;
  }
}

/** Path of the sentences of a side, and of its list of notes. */
export async function corpusFiles(
  folder: StageFolder,
  side: Side,
): Promise<{ readonly text: string; readonly notes: string }> {
  const path = folder.file("corpus", side, "manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8")) as CorpusManifest;
  const { file, notesFile } = manifest.files[0]!;
  return { text: folder.file("corpus", side, file), notes: folder.file("corpus", side, notesFile) };
}
