/** @file Opens a sentence splitter by its name, for commands and worker threads. Node only: some splitters read files. */
import { ClinicalBertError } from "../errors.js";
import { createRuleSentenceSplitter } from "./rule-splitter.js";
import type { SentenceSplitter } from "./sentence.js";
import type { DisposableArithmetic } from "./spacy-splitter.js";
import { SPACY_SENTENCE_RULES } from "./spacy-sentence-rules.js";

/** Plain data, so that a worker thread can open the same splitter. */
export interface SentenceSplitterOptions {
  readonly splitter: string;
  /** `spacy`: the folder or archive of the pipeline. */
  readonly model?: string | undefined;
  /** `spacy`: what is put around it; plain by default. */
  readonly sentenceRules?: string | undefined;
}

/** Makes arithmetic for `splitMany`; `null` where there is none to be had. Asked for only by splitters that use it. */
export type LoadArithmetic = () => Promise<DisposableArithmetic | null>;

type Open = (
  options: SentenceSplitterOptions,
  loadArithmetic: LoadArithmetic,
) => SentenceSplitter | Promise<SentenceSplitter>;

const OPENERS: Readonly<Record<string, Open>> = {
  rules: createRuleSentenceSplitter,
  spacy: openSpacy,
};

async function openSpacy(
  { model, sentenceRules = "plain" }: SentenceSplitterOptions,
  loadArithmetic: LoadArithmetic,
): Promise<SentenceSplitter> {
  if (model === undefined)
    throw new ClinicalBertError(
      "USAGE",
      "--splitter spacy needs --model: a pipeline's folder, .tar.gz or .whl.",
    );
  const rules = SPACY_SENTENCE_RULES.find((known) => known === sentenceRules);
  if (rules === undefined)
    throw new ClinicalBertError(
      "USAGE",
      `The sentence rules "${sentenceRules}" are not known; they must be one of ${SPACY_SENTENCE_RULES.join(", ")}.`,
    );
  // Large, and seldom asked for.
  const { loadSpacySplitter } = await import("./spacy-splitter.js");
  return loadSpacySplitter(model, rules, await loadArithmetic());
}

export const SENTENCE_SPLITTERS: readonly string[] = Object.keys(OPENERS);

/** Throws `USAGE` for a name that no splitter has. */
export async function openSentenceSplitter(
  options: SentenceSplitterOptions,
  loadArithmetic: LoadArithmetic = async () => null,
): Promise<SentenceSplitter> {
  const open = Object.hasOwn(OPENERS, options.splitter) ? OPENERS[options.splitter] : undefined;
  if (open === undefined)
    throw new ClinicalBertError(
      "USAGE",
      `--splitter is "${options.splitter}"; it must be one of ${SENTENCE_SPLITTERS.join(", ")}.`,
    );
  return open(options, loadArithmetic);
}
