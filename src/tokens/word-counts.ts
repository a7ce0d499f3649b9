/** @file How often each word of a corpus occurs, and with how many different patients. */
import { Normalizer, type NormalizerOptions } from "./normalizer.js";
import { isBlank } from "./python-space.js";
import { CLASS_MASK, PUNCTUATION, SPACE } from "./unicode-tables.js";

export interface WordCount {
  count: number;
  /** Different patients, at most `patientLimit` of them; numbers in the order in which the corpus has them. */
  readonly patients: number[];
}

export interface WordCounterOptions extends NormalizerOptions {
  /** Patients to tell apart for each word; more is the same as this many. */
  readonly patientLimit: number;
}

/** Chunks between spaces whose words are remembered; beyond it the memory is emptied. */
const MAX_REMEMBERED = 1 << 18;

export class WordCounter {
  readonly words = new Map<string, WordCount>();
  /** Documents that have ended. */
  documents = 0;
  /** Words were added since the last document ended. */
  #inDocument = false;
  readonly #normalizer: Normalizer;
  readonly #patientLimit: number;
  readonly #remembered = new Map<string, readonly string[]>();

  constructor(options: WordCounterOptions) {
    this.#normalizer = new Normalizer(options);
    this.#patientLimit = options.patientLimit;
  }

  /** Counts the words of `text[from, to)`, which `patient` is about. */
  add(text: string, patient: number, from = 0, to = text.length): void {
    this.#inDocument = true;
    for (let at = from; at < to; ) {
      if (this.#normalizer.classOf(text.codePointAt(at)!) === SPACE) {
        at += 1;
        continue;
      }
      const end = this.#normalizer.findSpace(text, at, to);
      for (const word of this.#wordsOf(text.slice(at, end))) this.#count(word, patient);
      at = end;
    }
  }

  /** Blank lines one after another end one document. */
  endDocument(): void {
    if (this.#inDocument) this.documents += 1;
    this.#inDocument = false;
  }

  #count(word: string, patient: number): void {
    const entry = this.words.get(word);
    if (entry === undefined) {
      this.words.set(word, { count: 1, patients: [patient] });
      return;
    }
    entry.count += 1;
    const { patients } = entry;
    // A patient's documents mostly lie together, so the last one is asked first.
    if (patients.length >= this.#patientLimit || patients.at(-1) === patient || patients.includes(patient))
      return;
    patients.push(patient);
  }

  #wordsOf(chunk: string): readonly string[] {
    const known = this.#remembered.get(chunk);
    if (known !== undefined) return known;
    const { flags } = this.#normalizer.tables;
    const words: string[] = [];
    this.#normalizer.run(chunk, 0, chunk.length, ({ points, length }) => {
      let word = "";
      for (let at = 0; at < length; at++) {
        const point = points[at]!;
        const punctuation = (flags[point]! & CLASS_MASK) === PUNCTUATION;
        if (punctuation && word !== "") words.push(word);
        word = punctuation ? "" : word + String.fromCodePoint(point);
        if (punctuation) words.push(String.fromCodePoint(point));
      }
      if (word !== "") words.push(word);
    });
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(chunk, words);
    return words;
  }
}

/**
 * Counts the lines of a corpus; a blank line ends a document.
 * @param patientOf number of the patient of document d (from 0); each document is one patient by default
 */
export function countLine(
  counter: WordCounter,
  text: string,
  from: number,
  to: number,
  patientOf: (document: number) => number = (document) => document,
): void {
  if (isBlank(text, from, to)) counter.endDocument();
  else counter.add(text, patientOf(counter.documents), from, to);
}
