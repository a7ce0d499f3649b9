/** @file The instances of one document after another (create_pretraining_data.py:218–332), over ranges of the token row. */
import type { Mt19937 } from "../util/mt19937.js";
import { Masker, type MaskingVocabulary } from "./masking.js";
import type { InstanceSettings } from "./settings.js";
import type { TokenStore } from "./token-store.js";

/** The instance at hand, in buffers that the next one overwrites. */
export interface InstanceDraft {
  /** `ids[0, length)` after masking. */
  readonly ids: Int32Array;
  length: number;
  /** Tokens up to and including the first `[SEP]`. */
  firstLength: number;
  isRandomNext: boolean;
  readonly masker: Masker;
}

/** [CLS], [SEP], [SEP]. */
const SPECIALS = 3;
const TRIES_FOR_ANOTHER_DOCUMENT = 10;

export class InstanceMaker {
  readonly #store: TokenStore;
  /** documents[i]: the document in place i after the shuffle. */
  readonly #documents: Uint32Array;
  readonly #settings: InstanceSettings;
  readonly #vocabulary: MaskingVocabulary;
  readonly #random: Mt19937;
  readonly #draft: InstanceDraft;
  /** Token ranges of the two segments. */
  #firstStart = 0;
  #firstEnd = 0;
  #secondStart = 0;
  #secondEnd = 0;

  constructor(
    store: TokenStore,
    documents: Uint32Array,
    settings: InstanceSettings,
    vocabulary: MaskingVocabulary,
    random: Mt19937,
  ) {
    this.#store = store;
    this.#documents = documents;
    this.#settings = settings;
    this.#vocabulary = vocabulary;
    this.#random = random;
    this.#draft = {
      ids: new Int32Array(settings.maxLength),
      length: 0,
      firstLength: 0,
      isRandomNext: false,
      masker: new Masker(settings, vocabulary, random),
    };
  }

  /** Makes the instances of the document in place `place` and gives each to `emit`; the draft is only good during the call. */
  makeFrom(place: number, emit: (draft: InstanceDraft) => void): void {
    const random = this.#random;
    const { sentenceStarts, documentStarts } = this.#store;
    const room = this.#settings.maxLength - SPECIALS;
    const target = random.random() < this.#settings.shortSequenceProbability ? random.between(2, room) : room;
    const document = this.#documents[place]!;
    const end = documentStarts[document + 1]!;
    let chunkStart = documentStarts[document]!;
    for (let sentence = chunkStart; sentence < end; sentence++) {
      const length = sentenceStarts.at(sentence + 1) - sentenceStarts.at(chunkStart);
      if (sentence < end - 1 && length < target) continue;
      const sentences = sentence + 1 - chunkStart;
      const firsts = sentences >= 2 ? random.between(1, sentences - 1) : 1;
      this.#firstStart = sentenceStarts.at(chunkStart);
      this.#firstEnd = sentenceStarts.at(chunkStart + firsts);
      this.#draft.isRandomNext = sentences === 1 || random.random() < 0.5;
      if (this.#draft.isRandomNext) {
        this.#drawRandomNext(place, target - (this.#firstEnd - this.#firstStart));
        sentence -= sentences - firsts; // the unused sentences are put back
      } else {
        this.#secondStart = this.#firstEnd;
        this.#secondEnd = sentenceStarts.at(sentence + 1);
      }
      this.#truncate(room);
      this.#fillDraft();
      emit(this.#draft);
      chunkStart = sentence + 1;
    }
  }

  #drawRandomNext(place: number, targetLength: number): void {
    const random = this.#random;
    const { sentenceStarts, documentStarts } = this.#store;
    let other = place;
    for (let tries = 0; tries < TRIES_FOR_ANOTHER_DOCUMENT && other === place; tries++)
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
  #truncate(room: number): void {
    for (;;) {
      const first = this.#firstEnd - this.#firstStart;
      const second = this.#secondEnd - this.#secondStart;
      if (first + second <= room) return;
      const front = this.#random.random() < 0.5;
      if (first > second) {
        if (front) this.#firstStart += 1;
        else this.#firstEnd -= 1;
      } else if (front) this.#secondStart += 1;
      else this.#secondEnd -= 1;
    }
  }

  #fillDraft(): void {
    const draft = this.#draft;
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
    draft.masker.mask(draft.ids, draft.length);
  }
}
