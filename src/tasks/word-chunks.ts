/** @file From entities to tagged words and back: what a sequence of tags can hold of an example, and the proof of what it cannot. */
import type { Span } from "../notes/span.js";
import { basicWords } from "./basic-words.js";
import type { Entity, EntityExample, ReadingProblem, ReadingReason } from "./example.js";
import { type Chunk, decodeTags, encodeTags } from "./tags.js";

export interface WordChunks {
  readonly words: readonly Span[];
  /** In order, without a common word. */
  readonly chunks: readonly Chunk[];
  /** Entities that no chunk stands for (`discontinuous`, `nested`, `overlapping`, `duplicate`, `no-word`) or whose chunk is longer (`cuts-word`). */
  readonly problems: readonly ReadingProblem[];
}

/** Words of an example: those of its format, else BERT's basic tokens. */
export function wordsOf(example: EntityExample): readonly Span[] {
  return example.words ?? basicWords(example.text);
}

/**
 * The chunks of words that stand for the entities. Of entities that share a word the longest one stays (of equally long ones the
 * first); a discontinuous one is left out; one that cuts a word takes the whole word. Each such case is in `problems`.
 */
export function chunkWords(example: EntityExample, words: readonly Span[] = wordsOf(example)): WordChunks {
  const problems: ReadingProblem[] = [];
  const chunks: Chunk[] = [];
  const taken = new Uint8Array(words.length);
  const report = (entity: Entity, reason: ReadingReason): void => {
    problems.push({
      exampleId: example.id,
      ...(entity.id === undefined ? {} : { entityId: entity.id }),
      span: rangeOf(entity),
      reason,
    });
  };
  const length = (entity: Entity): number => rangeOf(entity)[1] - rangeOf(entity)[0];
  for (const entity of [...example.entities].sort((a, b) => length(b) - length(a))) {
    if (entity.spans.length > 1) {
      report(entity, "discontinuous");
      continue;
    }
    const [start, end] = rangeOf(entity);
    const first = firstEndingAfter(words, start);
    let last = first;
    while (last < words.length && words[last]![0] < end) last += 1;
    if (first === last) {
      report(entity, "no-word");
      continue;
    }
    if (taken.subarray(first, last).some((flag) => flag === 1)) {
      const inside = chunks.find((chunk) => chunk.start <= first && last <= chunk.end);
      const same = inside?.start === first && inside.end === last && inside.label === entity.label;
      report(entity, same ? "duplicate" : inside === undefined ? "overlapping" : "nested");
      continue;
    }
    if (words[first]![0] !== start || words[last - 1]![1] !== end) report(entity, "cuts-word");
    taken.fill(1, first, last);
    chunks.push({ label: entity.label, start: first, end: last });
  }
  chunks.sort((a, b) => a.start - b.start);
  return { words, chunks, problems };
}

function rangeOf({ spans }: Entity): Span {
  return [spans[0]![0], spans.at(-1)![1]];
}

/** Index of the first word that ends after `at`; words are in order. */
function firstEndingAfter(words: readonly Span[], at: number): number {
  let [low, high] = [0, words.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (words[middle]![1] > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The entity that each chunk stands for. */
export function chunksToEntities(words: readonly Span[], chunks: readonly Chunk[]): Entity[] {
  return chunks.map(({ label, start, end }) => ({ label, spans: [[words[start]![0], words[end - 1]![1]]] }));
}

export interface Coverage {
  readonly entities: number;
  /** Entities that come back with class and exact span from the tags of their words. */
  readonly recovered: number;
  /** One for each entity that does not, with its offsets and the reason. */
  readonly exceptions: readonly ReadingProblem[];
}

/** Sends every example through tags (IOB2) and back, and compares what comes out with the entities that went in. */
export function proveCoverage(
  examples: Iterable<EntityExample>,
  words: (example: EntityExample) => readonly Span[] = wordsOf,
): Coverage {
  let entities = 0;
  let recovered = 0;
  const exceptions: ReadingProblem[] = [];
  for (const example of examples) {
    const cut = chunkWords(example, words(example));
    const { chunks } = decodeTags(encodeTags(cut.words.length, cut.chunks, "iob2"));
    const back = new Set(
      chunksToEntities(cut.words, chunks).map(
        ({ label, spans: [span] }) => `${span![0]} ${span![1]} ${label}`,
      ),
    );
    entities += example.entities.length;
    recovered += example.entities.length - cut.problems.length;
    exceptions.push(...cut.problems);
    const failed = new Set(cut.problems.map(({ span }) => `${span![0]} ${span![1]}`));
    for (const { id, label, spans } of example.entities) {
      const span: Span = [spans[0]![0], spans.at(-1)![1]];
      if (failed.has(`${span[0]} ${span[1]}`) || back.has(`${span[0]} ${span[1]} ${label}`)) continue;
      recovered -= 1;
      const entityId = id === undefined ? {} : { entityId: id };
      exceptions.push({ exampleId: example.id, ...entityId, span, reason: "cuts-word" });
    }
  }
  return { entities, recovered, exceptions };
}
