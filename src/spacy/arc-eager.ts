/**
 * @file The arc-eager transition system of spaCy 3 (pipeline/_parser_internals/_state.pxd, arc_eager.pyx, 3.7) on flat arrays.
 * One state is reused for every text; nothing is allocated while it runs, except for longer texts than before.
 */
import type { ParseTree } from "./parse-tree.js";
import { BREAK, LEFT, REDUCE, RIGHT, SHIFT, type Transitions } from "./transitions.js";

/** Features that the two sizes of spaCy's state look at. */
export type FeatureCount = 8 | 13;

export interface ArcEagerState {
  /** Starts on a text of `count` words; `presets` as in `ParseTree.sentenceStarts`. */
  begin(count: number, presets: Int8Array, isSpace: (index: number) => boolean): void;
  readonly final: boolean;
  /** Writes the words that the model looks at; -1 for none. */
  features(output: Int32Array): void;
  /** Writes by move (SHIFT … BREAK) whether it may be taken. */
  validMoves(output: Uint8Array): void;
  /** Whether the top of the stack and the next word are neighbours, as `subtok` asks. */
  readonly adjacent: boolean;
  apply(move: number, label: number): void;
  /** Ends the text where no move is left. */
  forceFinal(): void;
  /** Writes heads and labels; words without a head become roots. spaCy 2.0 also keeps edges and sentence starts here. */
  writeTree(tree: ParseTree, transitions: Transitions): void;
}

const NONE = -1;

export function createArcEagerState(featureCount: FeatureCount): ArcEagerState {
  let capacity = 0;
  let length = 0;
  /** The next word of the buffer that was never on the stack. */
  let next = 0;
  let depth = 0;
  let returned = 0;
  let stack = new Int32Array(0);
  /** Words put back in front of the buffer, the first one last. */
  let buffer = new Int32Array(0);
  let heads = new Int32Array(0);
  let labels = new Int32Array(0);
  /** Children as linked lists: the last added one on each side of a head, and the one added before a child. */
  let lastLeft = new Int32Array(0);
  let lastRight = new Int32Array(0);
  let previous = new Int32Array(0);
  let unshiftable = new Uint8Array(0);
  let starts = new Int8Array(0);

  const grow = (count: number): void => {
    capacity = Math.max(64, count, capacity * 2);
    stack = new Int32Array(capacity);
    buffer = new Int32Array(capacity);
    heads = new Int32Array(capacity);
    labels = new Int32Array(capacity);
    lastLeft = new Int32Array(capacity);
    lastRight = new Int32Array(capacity);
    previous = new Int32Array(capacity);
    unshiftable = new Uint8Array(capacity);
    starts = new Int8Array(capacity);
  };
  const stackAt = (index: number): number => (index < depth ? stack[depth - 1 - index]! : NONE);
  const bufferAt = (index: number): number => {
    if (index < returned) return buffer[returned - 1 - index]!;
    const word = next + index - returned;
    return word < length ? word : NONE;
  };
  const child = (last: Int32Array, head: number, nth: number): number => {
    if (head < 0) return NONE;
    let word = last[head]!;
    for (let skipped = 1; skipped < nth && word !== NONE; skipped++) word = previous[word]!;
    return word;
  };
  const push = (): void => {
    stack[depth++] = returned > 0 ? buffer[--returned]! : next++;
  };
  const addArc = (head: number, word: number, label: number): void => {
    // A word that has a head is the last right child of that head: it lies right above it on the stack.
    if (heads[word] !== NONE) lastRight[heads[word]!] = previous[word]!;
    const last = head > word ? lastLeft : lastRight;
    previous[word] = last[head]!;
    last[head] = word;
    heads[word] = head;
    labels[word] = label;
  };
  const isStart = (word: number): boolean => word >= 0 && starts[word] === 1;

  return {
    begin(count, presets) {
      if (count > capacity) grow(count);
      length = count;
      next = depth = returned = 0;
      heads.fill(NONE, 0, count);
      lastLeft.fill(NONE, 0, count);
      lastRight.fill(NONE, 0, count);
      unshiftable.fill(0, 0, count);
      starts.set(presets.subarray(0, count));
    },
    get final() {
      return depth === 0 && next >= length && returned === 0;
    },
    features(output) {
      const b0 = bufferAt(0);
      const s0 = stackAt(0);
      const s1 = stackAt(1);
      output[0] = b0;
      output[1] = bufferAt(1);
      output[2] = s0;
      output[3] = s1;
      output[4] = stackAt(2);
      if (featureCount === 8) {
        output[5] = child(lastLeft, b0, 1);
        output[6] = child(lastLeft, s0, 1);
        output[7] = child(lastRight, s0, 1);
        return;
      }
      output[5] = child(lastLeft, s0, 1);
      // The reference writes L(S0, 2) here and then overwrites it.
      output[6] = child(lastRight, s0, 1);
      output[7] = child(lastLeft, b0, 1);
      output[8] = child(lastRight, s0, 2);
      output[9] = child(lastLeft, s1, 1);
      output[10] = child(lastLeft, s1, 2);
      output[11] = child(lastRight, s1, 1);
      output[12] = child(lastRight, s1, 2);
    },
    validMoves(output) {
      const b0 = bufferAt(0);
      const b1 = bufferAt(1);
      const waiting = length - next + returned;
      const starting = isStart(b0);
      output[SHIFT] = depth === 0 || (waiting >= 2 && !starting && unshiftable[b0] === 0) ? 1 : 0;
      output[REDUCE] = depth > 0 && (waiting === 0 || !(depth === 1 && starts[b0] === -1)) ? 1 : 0;
      output[LEFT] = depth > 0 && waiting > 0 && !starting ? 1 : 0;
      output[RIGHT] = output[LEFT]!;
      output[BREAK] = waiting >= 2 && b1 === b0 + 1 && !isStart(b1) && starts[b1] !== -1 ? 1 : 0;
    },
    get adjacent() {
      return stackAt(0) === bufferAt(0) - 1;
    },
    apply(move, label) {
      switch (move) {
        case SHIFT:
          push();
          break;
        case REDUCE: {
          const top = stack[--depth]!;
          if (heads[top] === NONE && depth > 0) {
            unshiftable[top] = 1;
            buffer[returned++] = top;
          }
          break;
        }
        case LEFT: {
          const head = bufferAt(0);
          addArc(head, stack[--depth]!, label);
          unshiftable[head] = 0;
          break;
        }
        case RIGHT:
          addArc(stackAt(0), bufferAt(0), label);
          push();
          break;
        default:
          starts[bufferAt(1)] = 1;
      }
    },
    forceFinal() {
      depth = returned = 0;
      next = length;
    },
    writeTree(tree, transitions) {
      for (let word = 0; word < length; word++) {
        const headed = heads[word] !== NONE;
        tree.heads[word] = headed ? heads[word]! : word;
        tree.labels[word] = headed ? labels[word]! : transitions.rootLabel;
      }
    },
  };
}
