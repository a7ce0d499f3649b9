/** @file Texts with marked entities to features: sentences, words, word pieces, the class of each word. */
import { planTokenWindows } from "../../pipelines/windows.js";
import type { Span } from "../../notes/span.js";
import { PieceSink } from "../../tokens/piece-sink.js";
import type { WordPieceTokenizer } from "../../tokens/wordpiece-tokenizer.js";
import type { EntityExample } from "../example.js";
import { splitSentences } from "../split-sentences.js";
import { encodeTags } from "../tags.js";
import { chunkWords } from "../word-chunks.js";
import { type Feature, IGNORED } from "./feature.js";
import type { FinetuneQuirks } from "./recipe.js";
import type { TrainedScheme } from "./word-classes.js";

export interface EntityFeatureOptions {
  readonly labels: readonly string[];
  readonly scheme: TrainedScheme;
  readonly maxLength: number;
  readonly quirks: FinetuneQuirks;
}

export interface EntityFeatures {
  readonly features: readonly Feature[];
  /** By example: its words, for predictions to come back to the text. */
  readonly words: readonly (readonly Span[])[];
  /** Entities that no sequence of tags can say: discontinuous, or sharing a word with another. */
  readonly unsayable: number;
}

/** Labels of what is no word, of the preset `alsentzer2019` (run_ner.py:458–485). */
export const PADDING_CLASS = 0;
export const QUIRK_LABELS = { padding: "[PAD]", subword: "X", first: "[CLS]", last: "[SEP]" } as const;

/** Tokens that neighbouring windows of a sentence share, as a part of the window; as in the pipeline. */
const OVERLAP = 1 / 4;

/**
 * The first word piece of every word has the class of its tag, all others are ignored. A sentence of more than `maxLength`
 * tokens is read in overlapping windows, each word labelled in the window where it has most context.
 */
export function entityFeatures(
  examples: readonly EntityExample[],
  tokenizer: WordPieceTokenizer,
  options: EntityFeatureOptions,
): EntityFeatures {
  const classOf = new Map(options.labels.map((label, index) => [label, index]));
  const features: Feature[] = [];
  const words: Span[][] = [];
  let unsayable = 0;
  for (const [index, example] of examples.entries()) {
    const pieces = splitPieces(example, tokenizer);
    const { chunks } = chunkWords(example, pieces.words);
    const told = encodeTags(pieces.words.length, chunks, options.scheme);
    unsayable += example.entities.length - chunks.length;
    words.push(pieces.words);
    const sentences = sentencesOf(example, pieces);
    const isLast = index === examples.length - 1;
    const read = options.quirks.losesLastSentence && isLast ? sentences.slice(0, -1) : sentences;
    for (const [start, end] of read)
      for (const window of windowsOf(end - start, options))
        features.push(
          windowFeature(index, pieces, told, { ...window, offset: start }, classOf, tokenizer, options),
        );
  }
  return { features, words, unsayable };
}

/** The word pieces of a text. */
interface Pieces {
  readonly ids: Int32Array;
  /** The word of each piece. */
  readonly wordOf: Int32Array;
  readonly words: Span[];
}

/** Words are those of the format, else BERT's basic tokens. */
function splitPieces({ text, words }: EntityExample, tokenizer: WordPieceTokenizer): Pieces {
  const sink = new PieceSink({ positions: true });
  if (words !== undefined) {
    const wordOf: number[] = [];
    for (const [word, [start, end]] of words.entries()) {
      tokenizer.append(text, sink, start, end);
      while (wordOf.length < sink.length) wordOf.push(word);
    }
    return { ids: sink.ids.slice(0, sink.length), wordOf: Int32Array.from(wordOf), words: [...words] };
  }
  tokenizer.append(text, sink);
  const found: [number, number][] = [];
  const wordOf = new Int32Array(sink.length);
  for (let piece = 0; piece < sink.length; piece++) {
    if (piece > 0 && sink.words[piece] === sink.words[piece - 1]) found.at(-1)![1] = sink.ends[piece]!;
    else found.push([sink.starts[piece]!, sink.ends[piece]!]);
    wordOf[piece] = found.length - 1;
  }
  return { ids: sink.ids.slice(0, sink.length), wordOf, words: found };
}

/** Ranges of pieces: a piece belongs to the last sentence that starts at or before its word. */
function sentencesOf(example: EntityExample, { wordOf, words }: Pieces): Span[] {
  const starts = splitSentences(example).map(([start]) => start);
  const ranges: Span[] = [];
  let from = 0;
  let next = 1;
  for (let piece = 0; piece <= wordOf.length; piece++) {
    const at = piece < wordOf.length ? words[wordOf[piece]!]![0] : Number.POSITIVE_INFINITY;
    if (piece < wordOf.length && (next >= starts.length || at < starts[next]!)) continue;
    if (piece > from) ranges.push([from, piece]);
    from = piece;
    while (next < starts.length && at >= starts[next]!) next++;
  }
  return ranges;
}

interface SentenceWindow {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

function windowsOf(count: number, { maxLength, quirks }: EntityFeatureOptions): SentenceWindow[] {
  const room = maxLength - 2;
  if (!quirks.truncates) return planTokenWindows(count, room, Math.floor(room * OVERLAP));
  const end = Math.min(count, room);
  return [{ start: 0, end, from: 0, to: end }];
}

function windowFeature(
  example: number,
  { ids, wordOf }: Pieces,
  tags: readonly string[],
  { offset, start, end, from, to }: SentenceWindow & { readonly offset: number },
  classOf: ReadonlyMap<string, number>,
  tokenizer: WordPieceTokenizer,
  { quirks }: EntityFeatureOptions,
): Feature {
  const T = end - start + 2;
  const labels = new Int32Array(T).fill(IGNORED);
  const words = new Int32Array(T).fill(-1);
  const quirkClass = (label: string): number => (quirks.labelsEverything ? classOf.get(label)! : IGNORED);
  labels[0] = quirkClass(QUIRK_LABELS.first);
  labels[T - 1] = quirkClass(QUIRK_LABELS.last);
  for (let token = from; token < to; token++) {
    const piece = offset + token;
    const at = token - start + 1;
    const word = wordOf[piece]!;
    const isFirst = piece === 0 || wordOf[piece - 1] !== word;
    labels[at] = isFirst ? (classOf.get(tags[word]!) ?? IGNORED) : quirkClass(QUIRK_LABELS.subword);
    if (isFirst) words[at] = word;
  }
  const window = Int32Array.of(
    tokenizer.classificationId,
    ...ids.subarray(offset + start, offset + end),
    tokenizer.separatorId,
  );
  return { example, ids: window, typeIds: new Uint8Array(T), labels, words };
}
