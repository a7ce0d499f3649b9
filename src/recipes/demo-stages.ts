/** @file The stages of the demonstration between corpus and training, each a call of the library: vocabulary, instances. */
import { readFile } from "node:fs/promises";
import { readCorpusBlocks } from "../instances/corpus-blocks.js";
import { createInstances } from "../instances/create-instances.js";
import { createNativeFile } from "../instances/native-file.js";
import { trainVocabulary } from "../tokens/train-vocabulary.js";
import { formatVocabulary, loadVocabulary, type Vocabulary } from "../tokens/vocabulary.js";
import { countLine, WordCounter } from "../tokens/word-counts.js";
import { WordPieceTokenizer } from "../tokens/wordpiece-tokenizer.js";
import { writeAtomic } from "../util/atomic-file.js";
import type { DemoSettings } from "./demo-settings.js";
import { SIDES, type Side } from "./note-sides.js";
import { corpusFiles } from "./side-corpora.js";
import type { StageFolder } from "./stage-folder.js";

/** Digits that may stand side by side in a learned piece. */
const MAX_DIGITS = 4;

/** Learns word pieces from the training sentences; returns the size of the vocabulary. */
export async function learnVocabulary(
  folder: StageFolder,
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

export async function readVocabulary(folder: StageFolder): Promise<Vocabulary> {
  return loadVocabulary(await readFile(folder.file("vocab.txt"), "utf8"));
}

/** Masked instances with next-sentence pairs; returns how many of each side. */
export async function writeAllInstances(
  folder: StageFolder,
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
