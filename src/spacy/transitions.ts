/** @file The transitions of an arc-eager parser: what every class of its output layer does. */
import { asMap, asText, corruptFile, decodeMsgpack } from "./msgpack.js";
import type { DecoratedLabel } from "./parse-tree.js";

export const SHIFT = 0;
export const REDUCE = 1;
export const LEFT = 2;
export const RIGHT = 3;
export const BREAK = 4;

export interface Transitions {
  readonly count: number;
  /** SHIFT … BREAK, by class. */
  readonly moves: Uint8Array;
  /** Number of the label, by class; -1 for none. */
  readonly labels: Int32Array;
  readonly labelNames: readonly string[];
  /** By label: the parts of `child||head`, or `null`. */
  readonly decorated: readonly (DecoratedLabel | null)[];
  readonly rootLabel: number;
  /** The label `subtok`, which joins neighbours only; -1 when the parser has none. */
  readonly subtokenLabel: number;
}

interface Move {
  readonly move: number;
  readonly label: string;
}

/** spaCy 3: `{moves: JSON of {action: {label: frequency}}}`, in the order of `initialize_actions` (transition_system.pyx). */
export function readTransitions(bytes: Uint8Array, file: string): Transitions {
  const root = asMap(decodeMsgpack(bytes, file), file, "the file");
  const table = parseJson(asText(root["moves"], file, "moves"), file) as Record<
    string,
    Record<string, number>
  >;
  const moves: Move[] = [];
  const added: { frequency: number; label: string }[] = [];
  const addedActions = new Map<string, number[]>();
  for (const action of Object.keys(table).sort()) {
    const sorted = Object.entries(table[action]!)
      .map(([label, frequency]) => ({ label, frequency }))
      .sort(descending);
    for (const { label, frequency } of sorted)
      if (frequency >= 0) moves.push({ move: Number(action), label });
      else {
        added.push({ frequency, label });
        addedActions.set(label, [...(addedActions.get(label) ?? []), Number(action)]);
      }
  }
  for (const { label } of added.sort(descending))
    for (const move of addedActions.get(label)!)
      if (!moves.some((known) => known.move === move && known.label === label)) moves.push({ move, label });
  return createTransitions(moves);
}

/** spaCy 2.0: `{transitions: JSON of [{clas, move, label}]}`, class by class. */
export function readTransitionsV2(bytes: Uint8Array, file: string): Transitions {
  const root = asMap(decodeMsgpack(bytes, file), file, "the file");
  const list = parseJson(asText(root["transitions"], file, "transitions"), file) as {
    clas: number;
    move: number;
    label: string;
  }[];
  if (list.some(({ clas }, index) => clas !== index)) throw corruptFile(file, "its classes are out of order");
  return createTransitions(list);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw corruptFile(file, "its moves are not JSON");
  }
}

/** By frequency, then by code points of the label, downwards. */
function descending(
  a: { frequency: number; label: string },
  b: { frequency: number; label: string },
): number {
  if (a.frequency !== b.frequency) return b.frequency - a.frequency;
  const [left, right] = [[...a.label], [...b.label]];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const difference = right[at]!.codePointAt(0)! - left[at]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return right.length - left.length;
}

function createTransitions(moves: readonly Move[]): Transitions {
  const labelNames: string[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (name: string): number => {
    let number = numbers.get(name);
    if (number === undefined) {
      number = labelNames.push(name) - 1;
      numbers.set(name, number);
    }
    return number;
  };
  const labels = Int32Array.from(moves, ({ label }) => (label === "" ? -1 : numberOf(label)));
  const rootLabel = numberOf("ROOT");
  const parts = labelNames.map((name) => name.split("||"));
  const decorated = parts.map(([label, headLabel]) =>
    headLabel === undefined ? null : { label: numberOf(label!), headLabel: numberOf(headLabel) },
  );
  return {
    count: moves.length,
    moves: Uint8Array.from(moves, ({ move }) => move),
    labels,
    labelNames,
    decorated,
    rootLabel,
    subtokenLabel: numbers.get("subtok") ?? -1,
  };
}
