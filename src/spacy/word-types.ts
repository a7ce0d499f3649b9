/** @file The distinct words of a pipeline, numbered, with the attributes that embeddings and rules ask for. */
import {
  firstCharacter,
  isDigitCharacter,
  isLetterText,
  isLowerText,
  isPunctuationText,
  isSpaceText,
  isTitleText,
  isUpperText,
  lastCharacters,
  wordShape,
} from "./python-text.js";
import type { StringIds } from "./string-ids.js";

/** The number of a distinct pair of text and norm. */
export type WordType = number;

/** A word as the string attributes see it. */
export interface WordForm {
  readonly text: string;
  readonly norm: string;
  readonly isSpace: boolean;
}

export interface WordTypes {
  /** The type of `text`; `norm` is the norm that a tokenizer exception gives it, or `null` for the vocabulary's. */
  typeOf(text: string, norm: string | null): WordType;
  form(type: WordType): WordForm;
  readonly count: number;
  /** Forgets every type; the caller makes sure that none is in use. */
  clear(): void;
}

/** The norm of a word without an exception. */
export type NormOf = (text: string) => string;

export function createWordTypes(normOf: NormOf): WordTypes {
  const plain = new Map<string, WordType>();
  const withNorm = new Map<string, WordType>();
  const forms: WordForm[] = [];
  const add = (text: string, norm: string): WordType =>
    forms.push({ text, norm, isSpace: isSpaceText(text) }) - 1;
  return {
    typeOf(text, norm) {
      const map = norm === null ? plain : withNorm;
      const key = norm === null ? text : `${text}\0${norm}`;
      let type = map.get(key);
      if (type === undefined) {
        type = add(text, norm ?? normOf(text));
        map.set(key, type);
      }
      return type;
    },
    form: (type) => forms[type]!,
    get count() {
      return forms.length;
    },
    clear() {
      plain.clear();
      withNorm.clear();
      forms.length = 0;
    },
  };
}

/** Attributes that a hash embedding can look at. */
export const EMBEDDED_ATTRIBUTES = [
  "ORTH",
  "NORM",
  "LOWER",
  "PREFIX",
  "SUFFIX",
  "SHAPE",
  "LENGTH",
  "SPACY",
  "IS_SPACE",
  "IS_TITLE",
  "IS_UPPER",
  "IS_LOWER",
  "IS_ALPHA",
  "IS_DIGIT",
  "IS_PUNCT",
] as const;

export type EmbeddedAttribute = (typeof EMBEDDED_ATTRIBUTES)[number];

/** The 64-bit value of an attribute as `Doc.to_array` gives it. `space`: one space follows the word. */
export type AttributeValues = (form: WordForm, space: boolean, attribute: EmbeddedAttribute) => bigint;

/** Attributes computed from the text. */
export function attributeValue(
  form: WordForm,
  space: boolean,
  attribute: EmbeddedAttribute,
  ids: StringIds,
): bigint {
  switch (attribute) {
    case "ORTH":
      return ids(form.text);
    case "NORM":
      return ids(form.norm);
    case "LOWER":
      return ids(form.text.toLowerCase());
    case "PREFIX":
      return ids(firstCharacter(form.text));
    case "SUFFIX":
      return ids(lastCharacters(form.text, 3));
    case "SHAPE":
      return ids(wordShape(form.text));
    case "LENGTH":
      return BigInt([...form.text].length);
    case "SPACY":
      return flag(space);
    case "IS_SPACE":
      return flag(form.isSpace);
    case "IS_TITLE":
      return flag(isTitleText(form.text));
    case "IS_UPPER":
      return flag(isUpperText(form.text));
    case "IS_LOWER":
      return flag(isLowerText(form.text));
    case "IS_ALPHA":
      return flag(isLetterText(form.text));
    case "IS_DIGIT":
      return flag([...form.text].every(isDigitCharacter));
    case "IS_PUNCT":
      return flag(isPunctuationText(form.text));
  }
}

function flag(value: boolean): bigint {
  return value ? 1n : 0n;
}
