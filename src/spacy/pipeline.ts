/** @file A loaded spaCy pipeline: texts to words with heads, labels and sentence starts. */
import type { Component, ComponentsFile } from "./components.js";
import { type Engine, type OutsideArithmetic, runLater, runNow, type Waiting } from "./matrix-product.js";
import { createParser, type Parser, type ParserStep } from "./parser.js";
import type { ParseTree } from "./parse-tree.js";
import { createSenter, markSentences, type Senter } from "./senter.js";
import { createTokenizer, type TokenizerRules } from "./tokenizer.js";
import { createTokenVectors, type TokenVectors } from "./token-vectors.js";
import { type AttributeValues, createWordTypes, type NormOf, type WordForm } from "./word-types.js";
import type { Words } from "./words.js";

/** A text as a pipeline leaves it. */
export interface ParsedText {
  readonly text: string;
  readonly words: Words;
  /** `null` where no parser ran; sentence starts are in `sentenceStarts` in any case. */
  readonly tree: ParseTree | null;
  readonly sentenceStarts: Int8Array;
  form(index: number): WordForm;
  /** Name of the label of word `index`; "" without a parser. */
  label(index: number): string;
}

/** Sets sentence starts (1) of words before the parser sees them. */
export type Presetting = (
  words: Words,
  text: string,
  form: (index: number) => WordForm,
  starts: Int8Array,
) => void;

export interface ParseOptions {
  /** Runs before the first component. */
  readonly preset?: Presetting;
  /** Sees every decision of the parser. */
  readonly observe?: (step: ParserStep) => void;
  /** Sees the distance of the two scores for every word of a senter. */
  readonly observeSenter?: (margin: number) => void;
}

export interface SpacyPipeline {
  readonly name: string;
  readonly version: string;
  /** The layout of its files. */
  readonly layout: "spacy-3" | "spacy-2.0";
  readonly components: readonly Component[];
  /** Words alone. */
  tokenize(text: string): ParsedText;
  /** At once, without arithmetic from outside. */
  parse(texts: readonly string[], options?: ParseOptions): ParsedText[];
  /** The same with arithmetic from outside, if there is any. No other call before it is done. */
  parseLater(texts: readonly string[], options?: ParseOptions): Promise<ParsedText[]>;
  /** Token vectors [words, width] of the component `owner` (a copy). */
  vectors(text: string, owner: string): Float32Array;
  /** The same before the words see their neighbours. */
  embeddings(text: string, owner: string): Float32Array;
}

export interface PipelineParts extends ComponentsFile {
  readonly name: string;
  readonly version: string;
  readonly layout: SpacyPipeline["layout"];
  readonly rules: TokenizerRules;
  readonly normOf: NormOf;
  /** Attributes of words for the embeddings. */
  readonly values: AttributeValues;
}

/** Distinct words kept before the caches start anew: bounds the memory of a run over any number of notes (some 4 kB a word). */
const MOST_WORD_TYPES = 32_768;
/** Words that are encoded together. */
const BATCH_WORDS = 4096;

type Step =
  | { readonly kind: "parser"; readonly vectors: string; readonly run: Parser; readonly component: Component }
  | { readonly kind: "senter"; readonly vectors: string; readonly run: Senter; readonly overwrite: boolean }
  | { readonly kind: "sentencizer"; readonly marks: ReadonlySet<string>; readonly overwrite: boolean };

export function createPipeline(
  parts: PipelineParts,
  outside: OutsideArithmetic | null = null,
): SpacyPipeline {
  const types = createWordTypes(parts.normOf);
  const tokenizer = createTokenizer(parts.rules, types);
  const encoders = new Map<string, TokenVectors>();
  for (const [name, weights] of parts.vectors)
    encoders.set(name, createTokenVectors(weights, types, parts.values, outside));
  const steps = parts.components.map((component) => createStep(component, outside));

  const start = (text: string): MutableParse => {
    const words = tokenizer.tokenize(text);
    const form = (index: number): WordForm => types.form(words.types[index]!);
    const sentenceStarts = new Int8Array(words.count);
    if (parts.layout === "spacy-3" && words.count > 0 && !words.firstReplaced) sentenceStarts[0] = 1;
    return { text, words, form, tree: null, sentenceStarts, label: () => "" };
  };
  /** Types are only good until the caches start anew, so what callers keep refers to forms of its own. */
  const detach = (parse: MutableParse): ParsedText => {
    const forms = Array.from(parse.words.types.subarray(0, parse.words.count), (type) => types.form(type));
    return { ...parse, form: (index) => forms[index]! };
  };
  const startAnew = (): void => {
    if (types.count < MOST_WORD_TYPES) return;
    types.clear();
    tokenizer.clear();
    for (const encoder of encoders.values()) encoder.clear();
  };

  function* runBatch(
    parses: MutableParse[],
    options: ParseOptions,
    first: number,
    engine: Engine,
  ): Waiting<void> {
    for (const parse of parses) options.preset?.(parse.words, parse.text, parse.form, parse.sentenceStarts);
    let encoded: { readonly owner: string; readonly vectors: Float32Array } = {
      owner: "",
      vectors: new Float32Array(0),
    };
    for (const step of steps) {
      if (step.kind === "sentencizer") {
        for (const parse of parses) runSentencizer(step, parse);
        continue;
      }
      if (encoded.owner !== step.vectors)
        encoded = {
          owner: step.vectors,
          vectors: yield* encoders.get(step.vectors)!.encode(
            parses.map(({ words }) => words),
            engine,
          ),
        };
      if (step.kind === "senter") runSenter(step, parses, encoded.vectors, options);
      else yield* runParser(step, parses, encoded.vectors, options, first, engine);
    }
  }

  function* parseAll(texts: readonly string[], options: ParseOptions, engine: Engine): Waiting<ParsedText[]> {
    const results: ParsedText[] = [];
    for (let next = 0; next < texts.length; ) {
      startAnew();
      const first = next;
      const batch: MutableParse[] = [];
      for (let words = 0; next < texts.length && words < BATCH_WORDS; next++) {
        const parse = start(texts[next]!);
        words += parse.words.count;
        batch.push(parse);
      }
      yield* runBatch(batch, options, first, engine);
      for (const parse of batch) results.push(detach(parse));
    }
    return results;
  }

  return {
    name: parts.name,
    version: parts.version,
    layout: parts.layout,
    components: parts.components,
    tokenize: (text) => {
      startAnew();
      return detach(start(text));
    },
    parse: (texts, options = {}) => runNow(parseAll(texts, options, "own")),
    parseLater: (texts, options = {}) => runLater(parseAll(texts, options, "outside")),
    embeddings(text, owner) {
      startAnew();
      const encoder = encoders.get(owner)!;
      const words = tokenizer.tokenize(text);
      const rows = new Float32Array(words.count * encoder.width);
      for (let index = 0; index < words.count; index++)
        rows.set(encoder.embed(words.types[index]!, words.spaces[index] === 1), index * encoder.width);
      return rows;
    },
    vectors(text, owner) {
      startAnew();
      return runNow(encoders.get(owner)!.encode([tokenizer.tokenize(text)], "own")).slice();
    },
  };
}

interface MutableParse extends ParsedText {
  tree: ParseTree | null;
  label: (index: number) => string;
}

function createStep(component: Component, outside: OutsideArithmetic | null): Step {
  switch (component.kind) {
    case "parser":
      return {
        kind: "parser",
        vectors: component.vectors,
        run: createParser(component.model, outside),
        component,
      };
    case "senter":
      return {
        kind: "senter",
        vectors: component.vectors,
        run: createSenter(component.model),
        overwrite: component.overwrite,
      };
    case "sentencizer":
      return component;
  }
}

function runSentencizer(step: Step & { kind: "sentencizer" }, parse: MutableParse): void {
  const texts = Array.from({ length: parse.words.count }, (_, index) => parse.form(index).text);
  markSentences(texts, step.marks, parse.sentenceStarts, step.overwrite);
}

function runSenter(
  step: Step & { kind: "senter" },
  parses: readonly MutableParse[],
  vectors: Float32Array,
  options: ParseOptions,
): void {
  let base = 0;
  for (const parse of parses) {
    step.run(vectors, base, parse.sentenceStarts, step.overwrite, options.observeSenter);
    base += parse.words.count;
  }
}

function* runParser(
  step: Step & { kind: "parser" },
  parses: readonly MutableParse[],
  vectors: Float32Array,
  options: ParseOptions,
  first: number,
  engine: Engine,
): Waiting<void> {
  const inputs = parses.map((parse) => ({
    count: parse.words.count,
    presets: parse.sentenceStarts,
    isSpace: (index: number) => parse.form(index).isSpace,
  }));
  const { observe } = options;
  const observed =
    observe === undefined
      ? undefined
      : (decision: ParserStep) => observe({ ...decision, text: first + decision.text });
  const trees = yield* step.run.parse(vectors, inputs, engine, observed);
  const names = step.component.kind === "parser" ? step.component.model.transitions.labelNames : [];
  for (const [index, parse] of parses.entries()) {
    const tree = trees[index]!;
    parse.tree = tree;
    parse.label = (word) => names[tree.labels[word]!] ?? "";
    parse.sentenceStarts.set(tree.sentenceStarts);
  }
}
