/** @file How often each word of a corpus occurs, and with how many different patients. */
import { ClinicalBertError } from "../errors.js";
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
  /** More different words are refused: every one stays in memory, since any may decide a join. Default 4,000,000, about 1.2 GB. */
  readonly maxWords?: number;
}

const MAX_WORDS = 4_000_000;
/** Units of all different words together, for each of `maxWords`: a few endless words cost as much as many. */
const UNITS_A_WORD = 32;

/** Chunks between spaces whose words are remembered; beyond it the memory is emptied. */
const MAX_REMEMBERED = 1 << 18;
/** A longer slice would keep the whole text that it was cut from in memory. */
const MAX_REMEMBERED_UNITS = 12;

export class WordCounter {
  readonly words = new Map<string, WordCount>();
  /** Documents that have ended. */
  documents = 0;
  /** Words were added since the last document ended. */
  #inDocument = false;
  readonly #normalizer: Normalizer;
  readonly #patientLimit: number;
  readonly #maxWords: number;
  /** Of the words together. */
  #units = 0;
  readonly #remembered = new Map<string, readonly string[]>();

  constructor(options: WordCounterOptions) {
    this.#normalizer = new Normalizer(options);
    this.#patientLimit = options.patientLimit;
    this.#maxWords = options.maxWords ?? MAX_WORDS;
  }

  /**
   * Counts the words of `text[from, to)`, which `patient` is about.
   * @throws `VOCABULARY_WORDS` when there are too many different ones
   */
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
      this.#units += word.length;
      if (this.words.size >= this.#maxWords || this.#units > UNITS_A_WORD * this.#maxWords)
        throw new ClinicalBertError(
          "VOCABULARY_WORDS",
          `The corpus has more than ${this.words.size} different words of ${this.#units} characters, as many as may be held (--max-words ${this.#maxWords}).`,
          { details: { words: this.words.size, units: this.#units, maxWords: this.#maxWords } },
        );
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
    const remembers = chunk.length <= MAX_REMEMBERED_UNITS;
    const known = remembers ? this.#remembered.get(chunk) : undefined;
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
    if (!remembers) return words;
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
