/** @file The instances of one document after another (create_pretraining_data.py:218–332), over ranges of the token row. */
import type { Mt19937 } from "../util/mt19937.js";
import { type IdArray, idBytesFor, RecordBuffer } from "./instance-record.js";
import { Masker, type MaskingVocabulary } from "./masking.js";
import type { InstanceSettings } from "./settings.js";
import type { TokenStore } from "./token-store.js";

/** The instance at hand, in buffers that the next one overwrites. */
export interface InstanceDraft {
  readonly record: RecordBuffer;
  /** `ids[0, length)` after masking, in the record. */
  readonly ids: IdArray;
  length: number;
  /** Tokens up to and including the first `[SEP]`. */
  firstLength: number;
  isRandomNext: boolean;
  readonly masker: Masker;
}

/** What instances are made of. */
export interface InstanceSource {
  readonly store: TokenStore;
  /** documents[i]: the document in place i after the shuffle. */
  readonly documents: Uint32Array;
  readonly settings: InstanceSettings;
  readonly vocabulary: MaskingVocabulary;
  /** True when no token of the corpus is `[CLS]` or `[SEP]`: only those that are put in then are passed over by the masking. */
  readonly plain: boolean;
}

/** [CLS], [SEP], [SEP]. */
const SPECIALS = 3;
const TRIES_FOR_ANOTHER_DOCUMENT = 10;

export class InstanceMaker {
  readonly #store: TokenStore;
  readonly #documents: Uint32Array;
  readonly #settings: InstanceSettings;
  readonly #vocabulary: MaskingVocabulary;
  readonly #random: Mt19937;
  readonly #room: number;
  /** What `next` made last. */
  readonly draft: InstanceDraft;
  #place = 0;
  /** Rough length of this document's instances. */
  #target = 0;
  /** The first sentence not used yet, and the end of the document. */
  #sentence = 0;
  #end = 0;
  /** Token ranges of the two segments. */
  #firstStart = 0;
  #firstEnd = 0;
  #secondStart = 0;
  #secondEnd = 0;

  constructor(source: InstanceSource, random: Mt19937) {
    const { settings, vocabulary } = source;
    this.#store = source.store;
    this.#documents = source.documents;
    this.#settings = settings;
    this.#vocabulary = vocabulary;
    this.#random = random;
    this.#room = settings.maxLength - SPECIALS;
    const record = new RecordBuffer(idBytesFor(vocabulary.size), settings.maxLength, settings.maxPredictions);
    this.draft = {
      record,
      ids: record.ids,
      length: 0,
      firstLength: 0,
      isRandomNext: false,
      masker: new Masker(source, random),
    };
  }

  /** Begins with the document in place `place`; `next` then makes its instances one by one. */
  start(place: number): void {
    const random = this.#random;
    const document = this.#documents[place]!;
    this.#place = place;
    this.#target = this.#room;
    if (random.random() < this.#settings.shortSequenceProbability)
      this.#target = random.between(2, this.#room);
    this.#sentence = this.#store.documentStarts[document]!;
    this.#end = this.#store.documentStarts[document + 1]!;
  }

  /** Makes the next instance into `draft`; false when the document has no more. */
  next(): boolean {
    const random = this.#random;
    const { sentenceStarts } = this.#store;
    const chunk = this.#sentence;
    if (chunk === this.#end) return false;
    this.#firstStart = sentenceStarts.at(chunk);
    let last = chunk;
    while (last < this.#end - 1 && sentenceStarts.at(last + 1) - this.#firstStart < this.#target) last += 1;
    const sentences = last + 1 - chunk;
    const firsts = sentences >= 2 ? random.between(1, sentences - 1) : 1;
    this.#firstEnd = sentenceStarts.at(chunk + firsts);
    this.draft.isRandomNext = sentences === 1 || random.coin();
    if (this.draft.isRandomNext) {
      this.#drawRandomNext(this.#target - (this.#firstEnd - this.#firstStart));
      this.#sentence = chunk + firsts; // the unused sentences are put back
    } else {
      this.#secondStart = this.#firstEnd;
      this.#secondEnd = sentenceStarts.at(last + 1);
      this.#sentence = last + 1;
    }
    this.#truncate();
    this.#fillDraft();
    return true;
  }

  #drawRandomNext(targetLength: number): void {
    const random = this.#random;
    const { sentenceStarts, documentStarts } = this.#store;
    let other = this.#place;
    for (let tries = 0; tries < TRIES_FOR_ANOTHER_DOCUMENT && other === this.#place; tries++)
      other = random.below(this.#documents.length);
    const document = this.#documents[other]!;
    const end = documentStarts[document + 1]!;
    let sentence = documentStarts[document]!;
    sentence += random.below(end - sentence);
    this.#secondStart = sentenceStarts.at(sentence);
    do {
      sentence += 1;
      this.#secondEnd = sentenceStarts.at(sentence);
    } while (sentence < end && this.#secondEnd - this.#secondStart < targetLength);
  }

  /** One token at a time off the longer segment, from its front or its back (create_pretraining_data.py:418–433). */
  #truncate(): void {
    const random = this.#random;
    let first = this.#firstEnd - this.#firstStart;
    let second = this.#secondEnd - this.#secondStart;
    while (first + second > this.#room) {
      const front = random.coin();
      if (first > second) {
        first -= 1;
        if (front) this.#firstStart += 1;
      } else {
        second -= 1;
        if (front) this.#secondStart += 1;
      }
    }
    this.#firstEnd = this.#firstStart + first;
    this.#secondEnd = this.#secondStart + second;
  }

  #fillDraft(): void {
    const { draft } = this;
    const { tokens } = this.#store;
    const { classificationId, separatorId } = this.#vocabulary;
    const first = this.#firstEnd - this.#firstStart;
    const second = this.#secondEnd - this.#secondStart;
    draft.firstLength = first + 2;
    draft.length = first + second + SPECIALS;
    draft.ids[0] = classificationId;
    tokens.copy(this.#firstStart, this.#firstEnd, draft.ids, 1);
    draft.ids[first + 1] = separatorId;
    tokens.copy(this.#secondStart, this.#secondEnd, draft.ids, first + 2);
    draft.ids[draft.length - 1] = separatorId;
    draft.masker.mask(draft.ids, draft.length, draft.firstLength);
  }
}

/** Makes the draft's record whole. */
export function sealDraft({ record, length, firstLength, isRandomNext, masker }: InstanceDraft): void {
  const { positions, labels, count } = masker;
  record.seal({ length, firstLength, positions, labels, count, isRandomNext });
}
