/**
 * @file Stand-ins for PHI: the same for the same words of one patient, other ones for another patient. Everything is drawn by HMAC-SHA-256
 * with a key, so that nobody without it can find out what stood there, and nothing has to be stored.
 */
import { createHmac } from "node:crypto";
import { ClinicalBertError } from "../../errors.js";
import type { PhiCategory } from "../phi-categories.js";
import {
  CITIES,
  COUNTRIES,
  DEPARTMENTS,
  GIVEN_NAMES,
  HOSPITALS,
  LAST_NAMES,
  ORGANIZATIONS,
  PROFESSIONS,
  STATES,
  STREETS,
} from "./surrogate-words.js";
import { moveDate, yearOf } from "./written-dates.js";

/** Dates of a patient move by whole weeks, so that days of the week stay right: 1 to 10 years, to the past or the future. */
const FEWEST_WEEKS = 53;
const MOST_WEEKS = 521;
/** The oldest age that HIPAA lets stand (45 CFR 164.514(b)(2)(i)(C)). */
const OLDEST = 89;

const NAME_PART = /[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*|\p{Nd}+/gu;

/** In bytes. */
const SHORTEST_KEY = 16;

export interface SurrogateRequest {
  readonly patientId: string;
  readonly label: string;
  readonly category: PhiCategory;
  readonly original: string;
  /** Year for dates without one. */
  readonly referenceYear: number;
}

export class Surrogates {
  readonly #key: Uint8Array;
  /** Words of a patient that are in use, so that two people of a note stay two. */
  readonly #taken = new Map<string, Map<string, string>>();

  /** Equal keys give equal stand-ins. Throws `USAGE` for a key of less than 16 bytes. */
  constructor(key: Uint8Array) {
    if (key.length < SHORTEST_KEY)
      throw new ClinicalBertError("USAGE", `The key has ${key.length} bytes; ${SHORTEST_KEY} are needed.`);
    this.#key = key;
  }

  /** Days that all dates of a patient move by; never 0. */
  dateOffset(patientId: string): number {
    const draw = this.#draws(patientId, "date-offset", "")();
    const weeks = FEWEST_WEEKS + (draw % (MOST_WEEKS - FEWEST_WEEKS + 1));
    return 7 * (draw >>> 31 === 1 ? weeks : -weeks);
  }

  /** The stand-in, or `null` where the original cannot be read well enough for one: then a placeholder has to do. */
  replace(request: SurrogateRequest): string | null {
    const { category, label, original, patientId, referenceYear } = request;
    switch (category) {
      case "DATE":
        return moveDate(original, this.dateOffset(patientId), referenceYear);
      case "AGE":
        return replaceAge(original);
      case "NAME":
        return label.toUpperCase() === "USERNAME" ? this.#scramble(request) : this.#replaceName(request);
      case "LOCATION":
        return this.#replaceLocation(request);
      case "PROFESSION":
        return this.#pick(request, PROFESSIONS);
      case "ID":
        return this.#scramble(request);
      case "CONTACT":
        return this.#replaceContact(request);
      case "OTHER":
        return null;
    }
  }

  /** Word by word, so that "John Smith", "Smith, John" and "Smith" agree. Initials get initials, digits digits. */
  #replaceName(request: SurrogateRequest): string {
    const words = request.original.match(NAME_PART) ?? [];
    // "Smith, John" and "Smith" begin with the last name, "John Smith" with the given one.
    const lastFirst = words.length === 1 || request.original.includes(",");
    let seen = 0;
    return request.original.replace(NAME_PART, (word) => {
      seen += 1;
      if (/^\p{Nd}/u.test(word) || [...word].length === 1)
        return this.#scramble({ ...request, original: word });
      const isLast = seen === (lastFirst ? 1 : words.length);
      const list = isLast ? LAST_NAMES : GIVEN_NAMES;
      // "Smith's" is of Smith.
      const genitive = /['’][sS]$/u.exec(word)?.[0] ?? "";
      const name = word.slice(0, word.length - genitive.length);
      return likeCase(this.#pick({ ...request, label: "NAME", original: name }, list), name) + genitive;
    });
  }

  #replaceLocation(request: SurrogateRequest): string | null {
    const { original } = request;
    switch (request.label.toUpperCase()) {
      case "HOSPITAL":
        return likeCase(this.#pick(request, HOSPITALS), original);
      case "CITY":
      case "LOCATION":
        return likeCase(this.#pick(request, CITIES), original);
      case "STATE":
        return likeCase(this.#pick(request, STATES), original);
      case "COUNTRY":
        return likeCase(this.#pick(request, COUNTRIES), original);
      case "ORGANIZATION":
        return likeCase(this.#pick(request, ORGANIZATIONS), original);
      case "DEPARTMENT":
        return likeCase(this.#pick(request, DEPARTMENTS), original);
      case "STREET": {
        const number = /^\d+/.exec(original)?.[0];
        const street = likeCase(this.#pick(request, STREETS), original.replace(/^\d+\s*/, ""));
        return number === undefined
          ? street
          : `${this.#scramble({ ...request, original: number })} ${street}`;
      }
      case "ZIP":
      case "ROOM":
        return this.#scramble(request);
      default:
        return null;
    }
  }

  #replaceContact(request: SurrogateRequest): string | null {
    const { original } = request;
    const name = (): string => this.#scramble({ ...request, original: "abcdefgh" });
    if (original.includes("@")) return `${name()}@example.org`;
    if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(original))
      return `192.0.2.${this.#draws(request.patientId, "ip", original)() % 256}`;
    if (/:\/\/|^www\./i.test(original)) return `https://example.org/${name()}`;
    return /\d/.test(original) ? this.#scramble(request) : null;
  }

  /** Letters for letters and digits for digits, marks as they are; never the original. */
  #scramble({ patientId, original }: SurrogateRequest): string {
    for (let attempt = 0; ; attempt++) {
      const next = this.#draws(patientId, `scramble ${attempt}`, normalize(original));
      const scrambled = original.replace(/[\p{L}\p{M}]|\p{Nd}/gu, (character) => {
        const draw = next();
        if (/\p{Nd}/u.test(character)) return String(draw % 10);
        const letter = String.fromCharCode(97 + (draw % 26));
        return /\p{Lu}/u.test(character) ? letter.toUpperCase() : letter;
      });
      if (scrambled !== original || !/[\p{L}\p{M}\p{Nd}]/u.test(original)) return scrambled;
    }
  }

  /** A word of the list that stands for nothing else of this patient, as long as there are some. */
  #pick({ patientId, category, label, original }: SurrogateRequest, words: readonly string[]): string {
    const kind = category === "NAME" ? "NAME" : `${category} ${label}`;
    const own = normalize(original);
    const scope = `${patientId}\0${kind}`;
    const taken = this.#taken.get(scope) ?? new Map<string, string>();
    this.#taken.set(scope, taken);
    const known = taken.get(own);
    if (known !== undefined) return known;
    const used = new Set(taken.values());
    const start = this.#draws(patientId, kind, own)() % words.length;
    let choice = words[start]!;
    for (let step = 0; step < words.length; step++) {
      const word = words[(start + step) % words.length]!;
      if (used.has(word) || normalize(word) === own) continue;
      choice = word;
      break;
    }
    taken.set(own, choice);
    return choice;
  }

  /** 32-bit numbers that depend on the key and the three words. */
  #draws(patientId: string, kind: string, original: string): () => number {
    let block = Buffer.alloc(0);
    let counter = 0;
    return () => {
      if (block.length < 4)
        block = createHmac("sha256", this.#key)
          .update(JSON.stringify([patientId, kind, original, counter++]))
          .digest();
      const value = block.readUInt32LE(0);
      block = block.subarray(4);
      return value;
    };
  }
}

/** The year for dates that have none: that of the first full date among `dates`. */
export function referenceYearOf(dates: readonly string[]): number {
  for (const date of dates) {
    const year = yearOf(date);
    if (year !== null) return year;
  }
  return 2001;
}

/** Ages to 89 may stand; older ones become 90. An age in words cannot be judged. */
function replaceAge(original: string): string | null {
  const numbers = original.match(/\d+/g);
  if (numbers === null || numbers.length !== 1) return null;
  return Number(numbers[0]) > OLDEST ? original.replace(numbers[0]!, "90") : original;
}

function normalize(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
}

/** `word` in capitals where `like` is. */
function likeCase(word: string, like: string): string {
  if (/\p{L}{2}/u.test(like) && like === like.toUpperCase()) return word.toUpperCase();
  return like === like.toLowerCase() ? word.toLowerCase() : word;
}
