/** @file The dependency parser: greedy, one text after the other. */
import { createArcEagerState, type FeatureCount } from "./arc-eager.js";
import { createArcEagerStateV2 } from "./arc-eager-v2.js";
import type { Engine, OutsideArithmetic, Waiting } from "./matrix-product.js";
import { createParseTree, deprojectivize, type ParseTree, setEdgesAndSentences } from "./parse-tree.js";
import { deprojectivizeV2 } from "./parse-tree-v2.js";
import { createStateScores, type ParserWeights } from "./state-scores.js";
import type { Transitions } from "./transitions.js";

/** Which transition system: that of spaCy 3 or that of spaCy 2.0. */
export type ParserSystem = "spacy-3" | "spacy-2.0";

export interface ParserModel {
  readonly system: ParserSystem;
  readonly weights: ParserWeights;
  readonly transitions: Transitions;
}

/** One decision of the parser, for tests and for counting close calls. Arrays are reused. */
export interface ParserStep {
  /** Which of the texts. */
  readonly text: number;
  readonly features: Int32Array;
  readonly scores: Float32Array;
  readonly chosen: number;
  /** Distance to the second best valid class; infinite when there is none. */
  readonly margin: number;
}

export type ParserObserver = (step: ParserStep) => void;

/** One text: its number of words, sentence starts set before (0 where none), and which words are white space. */
export interface ParserInput {
  readonly count: number;
  readonly presets: Int8Array;
  readonly isSpace: (index: number) => boolean;
}

export interface Parser {
  /** `vectors` [sum of counts, width]. */
  parse(
    vectors: Float32Array,
    texts: readonly ParserInput[],
    engine: Engine,
    observe?: ParserObserver,
  ): Waiting<ParseTree[]>;
}

export function createParser(model: ParserModel, outside: OutsideArithmetic | null): Parser {
  const { weights, transitions } = model;
  const scorer = createStateScores(weights, outside);
  const createState = model.system === "spacy-3" ? createArcEagerState : createArcEagerStateV2;
  const state = createState(weights.features as FeatureCount);
  const features = new Int32Array(weights.features);
  const validMoves = new Uint8Array(5);
  const { moves, labels, subtokenLabel } = transitions;

  /** The first class of the highest score among the valid ones; -1 for none. */
  const choose = (scores: Float32Array, except: number): number => {
    let best = -1;
    for (let index = 0; index < moves.length; index++) {
      if (validMoves[moves[index]!] === 0 || index === except) continue;
      if (subtokenLabel >= 0 && labels[index] === subtokenLabel && !state.adjacent) continue;
      if (best === -1 || scores[index]! > scores[best]!) best = index;
    }
    return best;
  };
  /** Takes steps until the text is done (true) or a step needs rows that the scorer has not computed (false). */
  const takeSteps = (base: number, text: number, observe?: ParserObserver): boolean => {
    while (!state.final) {
      state.features(features);
      const scores = scorer.score(features, base);
      if (scores === null) return false;
      state.validMoves(validMoves);
      const chosen = choose(scores, -1);
      if (chosen === -1) {
        state.forceFinal();
        return true;
      }
      if (observe !== undefined) {
        const second = choose(scores, chosen);
        const margin = second === -1 ? Number.POSITIVE_INFINITY : scores[chosen]! - scores[second]!;
        observe({ text, features, scores, chosen, margin });
      }
      state.apply(moves[chosen]!, labels[chosen]!);
    }
    return true;
  };
  function* parseOne(
    input: ParserInput,
    base: number,
    text: number,
    observe?: ParserObserver,
  ): Waiting<ParseTree> {
    const tree = createParseTree(input.count);
    if (input.count === 0) return tree;
    state.begin(input.count, input.presets, input.isSpace);
    while (!takeSteps(base, text, observe)) yield* scorer.readAhead();
    state.writeTree(tree, transitions);
    if (model.system === "spacy-2.0") deprojectivizeV2(tree, transitions.decorated, input.isSpace);
    else {
      setEdgesAndSentences(tree);
      if (deprojectivize(tree, transitions.decorated, input.isSpace)) setEdgesAndSentences(tree);
    }
    return tree;
  }

  return {
    *parse(vectors, texts, engine, observe) {
      scorer.begin(
        vectors,
        texts.reduce((sum, { count }) => sum + count, 0),
        engine,
      );
      let base = 0;
      const trees: ParseTree[] = [];
      for (const [text, input] of texts.entries()) {
        trees.push(yield* parseOne(input, base, text, observe));
        base += input.count;
      }
      return trees;
    },
  };
}
