/** @file Sentences from a spaCy pipeline, plain or with what clinicalBERT's script puts around it. */
import { ClinicalBertError } from "../errors.js";
import { mergePlaceholders, presetSentences } from "../spacy/alsentzer2019.js";
import { loadSpacyPipeline } from "../spacy/load-pipeline.js";
import type { OutsideArithmetic } from "../spacy/matrix-product.js";
import type { ParsedText, ParseOptions, SpacyPipeline } from "../spacy/pipeline.js";
import { orRefusal } from "../util/refusal-of.js";
import type { Sentence, SentenceSplitter, SplitText } from "./sentence.js";
import type { SpacySentenceRules } from "./spacy-sentence-rules.js";

export interface SpacySentenceSplitter extends SentenceSplitter {
  readonly name: "spacy";
  readonly rules: SpacySentenceRules;
  /** Name, version and layout of the pipeline. */
  readonly pipeline: Pick<SpacyPipeline, "name" | "version" | "layout">;
  splitMany(texts: readonly string[]): Promise<SplitText[]>;
}

/** spaCy's `max_length`: `nlp(text)` raises E088 for more, and the script loses the note. Code points. */
const MOST_CHARACTERS = 1_000_000;

/** Arithmetic that the splitter frees in `dispose`. */
export interface DisposableArithmetic {
  readonly arithmetic: OutsideArithmetic;
  dispose(): Promise<void>;
}

/**
 * Loads the pipeline at `path` (folder, `.tar.gz`, `.whl`) for splitting; `outside` does the large products of `splitMany`. Errors
 * of `loadSpacyPipeline`.
 */
export async function loadSpacySplitter(
  path: string,
  rules: SpacySentenceRules = "plain",
  outside: DisposableArithmetic | null = null,
): Promise<SpacySentenceSplitter> {
  const options = outside === null ? {} : { arithmetic: outside.arithmetic };
  const splitter = createSpacySplitter(await loadSpacyPipeline(path, options), rules);
  return outside === null ? splitter : { ...splitter, dispose: () => outside.dispose() };
}

/**
 * `plain` cuts a text of more than a million characters at white space and splits each part for itself; `alsentzer2019` refuses
 * it (SPACY_TEXT_TOO_LONG), as the script does.
 */
export function createSpacySplitter(
  pipeline: SpacyPipeline,
  rules: SpacySentenceRules,
): SpacySentenceSplitter {
  const work = rules === "plain" ? PLAIN : ALSENTZER2019;
  let last: Promise<unknown> = Promise.resolve();
  return {
    name: "spacy",
    rules,
    pipeline,
    verbatim: rules === "alsentzer2019",
    identity: `spacy ${pipeline.name} ${pipeline.version} ${rules}`,
    provenance: provenanceOf(pipeline),
    split: (text) =>
      work.cut(text).flatMap((part) => {
        const [parse] = pipeline.parse([part.text], work.options);
        return work.sentences(parse!, part.offset, pipeline.layout);
      }),
    splitMany(texts) {
      const mine = last.then(() => splitTogether(pipeline, texts, work));
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}

/** Which spaCy the layout was compared with; the published weights of scispaCy could not be had for it. */
function provenanceOf({ name, version, layout }: SpacyPipeline): string {
  const reference = layout === "spacy-2.0" ? "spaCy 2.0.18" : "spaCy 3.7.5";
  return `${name} ${version}: the code agrees with ${reference} on pipelines trained for its tests; this pipeline itself was not compared.`;
}

/** A stretch of a text that is parsed for itself, and where it begins. */
interface Part {
  readonly text: string;
  readonly offset: number;
}

/** What a set of rules does with texts: cuts them into parts for the pipeline and makes sentences of a parsed part. */
interface Work {
  cut(text: string): Part[];
  readonly options: ParseOptions;
  sentences(parse: ParsedText, offset: number, layout: SpacyPipeline["layout"]): Sentence[];
}

const PLAIN: Work = {
  cut: (text) => cutText(text).map(([start, end]) => ({ text: text.slice(start, end), offset: start })),
  options: {},
  sentences: plainSentences,
};

const ALSENTZER2019: Work = {
  cut(text) {
    refuseLongText(text);
    return [{ text, offset: 0 }];
  },
  options: { preset: presetSentences },
  sentences: scriptSentences,
};

/** Units of text whose parses are held at once. */
const GROUP = 1 << 16;

/** Parses parts of all texts together, group by group. */
async function splitTogether(
  pipeline: SpacyPipeline,
  texts: readonly string[],
  work: Work,
): Promise<SplitText[]> {
  const results: SplitText[] = [];
  let group: { readonly part: Part; readonly sentences: Sentence[] }[] = [];
  let units = 0;
  const parseGroup = async (): Promise<void> => {
    const parses = await pipeline.parseLater(
      group.map(({ part }) => part.text),
      work.options,
    );
    for (const [index, { part, sentences }] of group.entries())
      for (const sentence of work.sentences(parses[index]!, part.offset, pipeline.layout))
        sentences.push(sentence);
    group = [];
    units = 0;
  };
  for (const [index, text] of texts.entries()) {
    const parts = orRefusal(() => work.cut(text));
    if (parts instanceof ClinicalBertError) {
      results[index] = parts;
      continue;
    }
    const sentences: Sentence[] = [];
    results[index] = sentences;
    for (const part of parts) {
      group.push({ part, sentences });
      units += part.text.length;
      if (units >= GROUP) await parseGroup();
    }
  }
  if (group.length > 0) await parseGroup();
  return results;
}

function plainSentences(parse: ParsedText, offset: number): Sentence[] {
  const { words } = parse;
  const starts = Array.from(words.starts.subarray(0, words.count));
  const ends = starts.map((start, index) => start + words.lengths[index]!);
  return sentenceRanges(parse.sentenceStarts, starts, ends).map(([start, end]) => ({
    text: onOneLine(parse.text.slice(start, end)),
    spans: [[start + offset, end + offset]],
  }));
}

/** White-space runs that hold a line break become one space. */
function onOneLine(text: string): string {
  if (!/[\n\r]/.test(text)) return text;
  return text.replace(/\s+/g, (space) => (/[\n\r]/.test(space) ? " " : space));
}

function scriptSentences(parse: ParsedText, offset: number, layout: SpacyPipeline["layout"]): Sentence[] {
  const edit = mergePlaceholders(parse, layout);
  return sentenceRanges(edit.sentenceStarts, edit.starts, edit.ends).map(([start, end]) => ({
    text: parse.text.slice(start, end).replaceAll("\n", " "),
    spans: [[start + offset, end + offset]],
  }));
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
