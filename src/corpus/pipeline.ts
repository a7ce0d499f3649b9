/** @file Cuts a stream of notes into batches that do not depend on how it was read, and works on several in order. */
import type { Note } from "../notes/note.js";

/** A batch is full at so many UTF-16 units of text: a few milliseconds of work. */
const BATCH_CHARACTERS = 1 << 19;
const BATCH_NOTES = 1024;

/** The same notes give the same batches, so that a stopped run can count them. */
export async function* cutBatches(notes: AsyncIterable<Note> | Iterable<Note>): AsyncGenerator<Note[]> {
  let batch: Note[] = [];
  let characters = 0;
  for await (const note of notes) {
    batch.push(note);
    characters += note.text.length;
    if (characters < BATCH_CHARACTERS && batch.length < BATCH_NOTES) continue;
    yield batch;
    batch = [];
    characters = 0;
  }
  if (batch.length > 0) yield batch;
}

/** Results in the order of `items`, with up to `width` pieces of work under way. */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  for await (const item of items) {
    const started = work(item);
    // A failure is thrown where the result is awaited, in its turn.
    started.catch(() => undefined);
    underWay.push(started);
    if (underWay.length >= width) yield await underWay.shift()!;
  }
  while (underWay.length > 0) yield await underWay.shift()!;
}
