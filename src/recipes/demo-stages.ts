/** @file The stages of the demonstration before training, each a call of the library: corpus, vocabulary, instances. */
import { readFile } from "node:fs/promises";
import { formatCorpus } from "../corpus/format-corpus.js";
import type { CorpusManifest } from "../corpus/manifest.js";
import { ClinicalBertError } from "../errors.js";
import { readCorpusBlocks } from "../instances/corpus-blocks.js";
import { createInstances } from "../instances/create-instances.js";
import { createNativeFile } from "../instances/native-file.js";
import type { Note } from "../notes/note.js";
import { createSectionSplitter } from "../sections/splitter.js";
import { createRuleSentenceSplitter } from "../sentences/rule-splitter.js";
import { trainVocabulary } from "../tokens/train-vocabulary.js";
import { formatVocabulary, loadVocabulary, type Vocabulary } from "../tokens/vocabulary.js";
import { countLine, WordCounter } from "../tokens/word-counts.js";
import { WordPieceTokenizer } from "../tokens/wordpiece-tokenizer.js";
import { writeAtomic } from "../util/atomic-file.js";
import type { DemoFolder } from "./demo-folder.js";
import type { DemoNotes, Side } from "./demo-notes.js";
import type { DemoSettings } from "./demo-settings.js";

export const SIDES: readonly Side[] = ["training", "held-out"];

/** Digits that may stand side by side in a learned piece. */
const MAX_DIGITS = 4;

export type OnProgress = (done: number, note?: string) => void;

/** Sections, sentences, one a line. Throws `DEMO_NOTES` when a side has none. */
export async function writeCorpora(
  notes: DemoNotes,
  folder: DemoFolder,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<{ readonly notes: number; readonly sentences: number }> {
  const total = { notes: 0, sentences: 0 };
  for (const side of SIDES) {
    const before = total.notes;
    const { counts } = await formatCorpus(withTurns(notes.read(side)), {
      out: folder.file("corpus", side),
      sections: createSectionSplitter("corrected"),
      sentences: createRuleSentenceSplitter(),
      byCategory: false,
      source: notes.identity,
      signal,
      onProgress: (done) => onProgress(before + done),
    });
    if (counts.sentences === 0)
      throw new ClinicalBertError("DEMO_NOTES", `The notes give no ${side} sentences.`, {
        details: { side },
      });
    total.notes += counts.notes;
    total.sentences += counts.sentences;
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

/** Path of the sentences of a side. */
async function corpusFiles(folder: DemoFolder, side: Side): Promise<{ text: string; notes: string }> {
  const path = folder.file("corpus", side, "manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8")) as CorpusManifest;
  const { file, notesFile } = manifest.files[0]!;
  return { text: folder.file("corpus", side, file), notes: folder.file("corpus", side, notesFile) };
}

/** Learns word pieces from the training sentences; returns the size of the vocabulary. */
export async function learnVocabulary(
  folder: DemoFolder,
  { vocabularySize, minPatients }: DemoSettings,
  signal: AbortSignal,
): Promise<number> {
  const files = await corpusFiles(folder, "training");
  const patientOf = await readPatients(files.notes);
  const counter = new WordCounter({ dialect: "huggingface", lowercase: false, patientLimit: minPatients });
  for await (const { text } of readCorpusBlocks(files.text)) {
    signal.throwIfAborted();
    for (let from = 0; from < text.length; ) {
      const feed = text.indexOf("\n", from);
      const to = feed === -1 ? text.length : feed;
      countLine(counter, text, from, to, patientOf);
      from = to + 1;
    }
  }
  const { vocabulary } = trainVocabulary(counter.words, {
    size: vocabularySize,
    privacy: { minPatients, maxDigits: MAX_DIGITS },
  });
  await writeAtomic(folder.file("vocab.txt"), formatVocabulary(vocabulary));
  return vocabulary.tokens.length;
}

/** Number of the patient of each document; a note without a patient is its own. */
async function readPatients(path: string): Promise<(document: number) => number> {
  const numberOf = new Map<string, number>();
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  const numbers = lines.map((line) => {
    const { id, patientId } = JSON.parse(line) as { id: string; patientId: string | null };
    const key = patientId === null ? `note ${id}` : `patient ${patientId}`;
    if (!numberOf.has(key)) numberOf.set(key, numberOf.size);
    return numberOf.get(key)!;
  });
  return (document) => numbers[document]!;
}

export async function readVocabulary(folder: DemoFolder): Promise<Vocabulary> {
  return loadVocabulary(await readFile(folder.file("vocab.txt"), "utf8"));
}

/** Masked instances with next-sentence pairs; returns how many of each side. */
export async function writeAllInstances(
  folder: DemoFolder,
  settings: DemoSettings,
  dupeFactor: number,
  seed: number,
  signal: AbortSignal,
): Promise<Readonly<Record<Side, number>>> {
  const { maxLength, maxPredictions } = settings;
  const vocabulary = await readVocabulary(folder);
  const tokenizer = new WordPieceTokenizer(vocabulary, { dialect: "google", lowercase: false });
  const counts = { training: 0, "held-out": 0 };
  for (const side of SIDES) {
    signal.throwIfAborted();
    const { text } = await corpusFiles(folder, side);
    const instances = await createInstances([text], tokenizer, {
      seed,
      dupeFactor: side === "training" ? dupeFactor : 1,
      maxLength,
      maxPredictions,
    });
    const kept = side === "training" ? instances : instances.slice(0, settings.heldOutInstances);
    const file = await createNativeFile(folder.file(`${side}.instances`), {
      maxLength,
      maxPredictions,
      vocabularySize: vocabulary.tokens.length,
    });
    try {
      for (const instance of kept) await file.write(instance);
      await file.commit();
    } finally {
      await file.discard();
    }
    counts[side] = kept.length;
  }
  return counts;
}
