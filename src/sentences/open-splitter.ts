/** @file Opens a sentence splitter by its name, for commands and worker threads. Node only: some splitters read files. */
import { ClinicalBertError } from "../errors.js";
import { createRuleSentenceSplitter } from "./rule-splitter.js";
import type { SentenceSplitter } from "./sentence.js";

/** Plain data, so that a worker thread can open the same splitter. */
export interface SentenceSplitterOptions {
  readonly splitter: string;
}

type Open = (options: SentenceSplitterOptions) => SentenceSplitter | Promise<SentenceSplitter>;

const OPENERS: Readonly<Record<string, Open>> = {
  rules: createRuleSentenceSplitter,
};

export const SENTENCE_SPLITTERS: readonly string[] = Object.keys(OPENERS);

/** Throws `USAGE` for a name that no splitter has. */
export async function openSentenceSplitter(options: SentenceSplitterOptions): Promise<SentenceSplitter> {
  const open = Object.hasOwn(OPENERS, options.splitter) ? OPENERS[options.splitter] : undefined;
  if (open === undefined)
    throw new ClinicalBertError(
      "USAGE",
      `--splitter is "${options.splitter}"; it must be one of ${SENTENCE_SPLITTERS.join(", ")}.`,
    );
  return open(options);
}
