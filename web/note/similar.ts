/** @file Sentences of many notes with their vectors, and those nearest to a question. */
import type { Span } from "clinicalbert/browser";
import type { ModelInfo } from "../../src/server/api.js";
import type { Backend } from "../api/backend.js";
import { noteWorker } from "../worker/workers.js";
import type { OpenNote } from "./open-note.js";

export interface IndexedSentence {
  readonly note: OpenNote;
  readonly span: Span;
  readonly text: string;
}

/** Vectors of length 1, one row a sentence. */
export interface SentenceIndex {
  readonly model: ModelInfo;
  readonly sentences: readonly IndexedSentence[];
  readonly vectors: Float32Array;
  readonly width: number;
}

export interface Hit extends IndexedSentence {
  readonly cosine: number;
}

const BATCH = 32;
/** Shorter ones ("No.", "1.") are like everything. */
const SHORTEST = 12;
const LONGEST = 2000;

/** Embeds every sentence of `notes`; `onProgress` is told how many are done. */
export async function indexNotes(
  notes: readonly OpenNote[],
  model: ModelInfo,
  backend: Backend,
  signal: AbortSignal,
  onProgress: (done: number, all: number) => void,
): Promise<SentenceIndex> {
  const split = await noteWorker.call("sentencesOf", [notes.map(({ text }) => text)], signal);
  const sentences = notes.flatMap((note, index) =>
    split[index]!.flatMap((spans): IndexedSentence[] => {
      const text = spans
        .map((span) => note.text.slice(...span))
        .join(" ")
        .replace(/\s+/g, " ");
      if (text.length < SHORTEST || text.length > LONGEST) return [];
      return [{ note, span: [spans[0]![0], spans.at(-1)![1]], text }];
    }),
  );
  const width = model.hidden_size;
  const vectors = new Float32Array(sentences.length * width);
  for (let at = 0; at < sentences.length; at += BATCH) {
    onProgress(at, sentences.length);
    const batch = sentences.slice(at, at + BATCH).map(({ text }) => text);
    for (const [row, vector] of (await backend.embed(model, batch, signal)).entries())
      vectors.set(vector, (at + row) * width);
  }
  onProgress(sentences.length, sentences.length);
  return { model, sentences, vectors, width };
}

/** The `count` sentences of largest cosine, the nearest first; equal texts once. */
export function nearest(index: SentenceIndex, question: Float32Array, count: number): Hit[] {
  const { sentences, vectors, width } = index;
  const cosines = new Float32Array(sentences.length);
  for (let row = 0; row < cosines.length; row++) {
    let sum = 0;
    for (let axis = 0; axis < width; axis++) sum += vectors[row * width + axis]! * question[axis]!;
    cosines[row] = sum;
  }
  const order = Array.from(cosines.keys()).sort((a, b) => cosines[b]! - cosines[a]!);
  const hits: Hit[] = [];
  const seen = new Set<string>();
  for (const row of order) {
    const sentence = sentences[row]!;
    if (seen.has(sentence.text)) continue;
    seen.add(sentence.text);
    hits.push({ ...sentence, cosine: cosines[row]! });
    if (hits.length === count) break;
  }
  return hits;
}
