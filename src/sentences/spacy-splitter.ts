/** @file Sentences from a spaCy pipeline, plain or with what clinicalBERT's script puts around it. */
import { ClinicalBertError } from "../errors.js";
import { mergePlaceholders, presetSentences } from "../spacy/alsentzer2019.js";
import { type LoadSpacyOptions, loadSpacyPipeline } from "../spacy/load-pipeline.js";
import type { ParsedText, SpacyPipeline } from "../spacy/pipeline.js";
import type { Sentence, SentenceSplitter } from "./sentence.js";
import type { SpacySentenceRules } from "./spacy-sentence-rules.js";

export interface SpacySentenceSplitter extends SentenceSplitter {
  readonly name: "spacy";
  readonly rules: SpacySentenceRules;
  /** Name, version and layout of the pipeline. */
  readonly pipeline: Pick<SpacyPipeline, "name" | "version" | "layout">;
  /** Sentences of several texts; faster than one by one. */
  splitAll(texts: readonly string[]): Sentence[][];
}

/** spaCy's `max_length`: `nlp(text)` raises E088 for more, and the script loses the note. Code points. */
const MOST_CHARACTERS = 1_000_000;

/** Loads the pipeline at `path` (folder, `.tar.gz`, `.whl`) for splitting. Errors of `loadSpacyPipeline`. */
export async function loadSpacySplitter(
  path: string,
  rules: SpacySentenceRules = "plain",
  options: LoadSpacyOptions = {},
): Promise<SpacySentenceSplitter> {
  return createSpacySplitter(await loadSpacyPipeline(path, options), rules);
}

/**
 * `plain` cuts a text of more than a million characters at white space and splits each part for itself; `alsentzer2019` refuses
 * it (SPACY_TEXT_TOO_LONG), as the script does.
 */
export function createSpacySplitter(
  pipeline: SpacyPipeline,
  rules: SpacySentenceRules,
): SpacySentenceSplitter {
  const splitAll = rules === "plain" ? splitPlain : splitAlsentzer2019;
  return {
    name: "spacy",
    rules,
    pipeline,
    verbatim: rules === "alsentzer2019",
    identity: `spacy ${pipeline.name} ${pipeline.version} ${rules}`,
    provenance: provenanceOf(pipeline),
    split: (text) => splitAll(pipeline, [text])[0]!,
    splitAll: (texts) => splitAll(pipeline, texts),
  };
}

/** Which spaCy the layout was compared with; the published weights of scispaCy could not be had for it. */
function provenanceOf({ name, version, layout }: SpacyPipeline): string {
  const reference = layout === "spacy-2.0" ? "spaCy 2.0.18" : "spaCy 3.7.5";
  return `${name} ${version}: the code agrees with ${reference} on pipelines trained for its tests; this pipeline itself was not compared.`;
}

function splitPlain(pipeline: SpacyPipeline, texts: readonly string[]): Sentence[][] {
  if (texts.every((text) => text.length <= MOST_CHARACTERS))
    return pipeline.parse(texts).map((parse) => plainSentences(parse, 0));
  return texts.map((text) => {
    const parts = cutText(text);
    return parts.flatMap(([start, end]) =>
      plainSentences(pipeline.parse([text.slice(start, end)])[0]!, start),
    );
  });
}

function plainSentences(parse: ParsedText, offset: number): Sentence[] {
  const { words } = parse;
  const starts = Array.from(words.starts.subarray(0, words.count));
  const ends = starts.map((start, index) => start + words.lengths[index]!);
  return sentenceRanges(parse.sentenceStarts, starts, ends).map(([start, end]) => ({
    text: parse.text.slice(start, end).replace(/\s+/g, (space) => (/[\n\r]/.test(space) ? " " : space)),
    spans: [[start + offset, end + offset]],
  }));
}

function splitAlsentzer2019(pipeline: SpacyPipeline, texts: readonly string[]): Sentence[][] {
  for (const text of texts) refuseLongText(text);
  return pipeline.parse(texts, { preset: presetSentences }).map((parse) => {
    const edit = mergePlaceholders(parse, pipeline.layout);
    return sentenceRanges(edit.sentenceStarts, edit.starts, edit.ends).map(([start, end]) => ({
      text: parse.text.slice(start, end).replaceAll("\n", " "),
      spans: [[start, end]],
    }));
  });
}

function refuseLongText(text: string): void {
  if (text.length <= MOST_CHARACTERS || [...text].length <= MOST_CHARACTERS) return;
  throw new ClinicalBertError(
    "SPACY_TEXT_TOO_LONG",
    `A text of ${text.length} characters is longer than spaCy's ${MOST_CHARACTERS}.`,
    {
      details: { characters: text.length, most: MOST_CHARACTERS },
    },
  );
}

/** `doc.sents`: from one start to the next; the first word begins a sentence whatever it says. */
function sentenceRanges(
  sentenceStarts: ArrayLike<number>,
  starts: readonly number[],
  ends: readonly number[],
): [start: number, end: number][] {
  const ranges: [number, number][] = [];
  for (let index = 0, first = 0; index < starts.length; index++) {
    if (index + 1 < starts.length && sentenceStarts[index + 1] !== 1) continue;
    ranges.push([starts[first]!, ends[index]!]);
    first = index + 1;
  }
  return ranges;
}

/** Parts of at most a million units, cut after the last line feed in reach, else after the last white space, else anywhere. */
function cutText(text: string): [start: number, end: number][] {
  const parts: [number, number][] = [];
  for (let start = 0; start < text.length; ) {
    let end = start + MOST_CHARACTERS;
    if (end >= text.length) end = text.length;
    else {
      const line = text.lastIndexOf("\n", end - 1) + 1;
      const space = text.lastIndexOf(" ", end - 1) + 1;
      if (line > start) end = line;
      else if (space > start) end = space;
    }
    parts.push([start, end]);
    start = end;
  }
  return parts;
}
