/**
 * @file The arc-eager transition system of spaCy 2.0 (syntax/_state.pxd, arc_eager.pyx, 2.0.18) on flat arrays: white space is
 * attached outside the model, and sentence starts are flags that the parser sets on its way.
 */
import type { ArcEagerState, FeatureCount } from "./arc-eager.js";
import { BREAK, LEFT, REDUCE, RIGHT, SHIFT } from "./transitions.js";

const NONE = -1;

/** One array for every field of a word; all grow together. */
interface Fields {
  /** Distance to the head; 0 for none. */
  heads: Int32Array;
  labels: Int32Array;
  leftKids: Int32Array;
  rightKids: Int32Array;
  leftEdges: Int32Array;
  rightEdges: Int32Array;
  starts: Int8Array;
  buffer: Int32Array;
  stack: Int32Array;
  shifted: Uint8Array;
}

function createFields(capacity: number): Fields {
  const numbers = (): Int32Array => new Int32Array(capacity);
  return {
    heads: numbers(),
    labels: numbers(),
    leftKids: numbers(),
    rightKids: numbers(),
    leftEdges: numbers(),
    rightEdges: numbers(),
    starts: new Int8Array(capacity),
    buffer: numbers(),
    stack: numbers(),
    shifted: new Uint8Array(capacity),
  };
}

export function createArcEagerStateV2(featureCount: FeatureCount): ArcEagerState {
  let length = 0;
  let depth = 0;
  let next = 0;
  /** Where the current sentence ends; -1 while that is open. */
  let sentenceEnd = NONE;
  let isSpace: (index: number) => boolean = () => false;
  let fields = createFields(64);

  const stackAt = (index: number): number => (index < depth ? fields.stack[depth - 1 - index]! : NONE);
  const bufferAt = (index: number): number => (next + index < length ? fields.buffer[next + index]! : NONE);
  const waiting = (): number => (sentenceEnd === NONE ? length : sentenceEnd) - next;
  const hasHead = (word: number): boolean => word >= 0 && fields.heads[word] !== 0;
  const startsSentence = (word: number): boolean => word >= 0 && fields.starts[word] === 1;
  const spaceNext = (): boolean => {
    const word = bufferAt(0);
    return word !== NONE && isSpace(word);
  };

  /** The `nth` child left of `head`, from the left edge on, jumping over subtrees by their heads. */
  const leftChild = (head: number, nth: number): number => {
    const { heads, leftKids, leftEdges } = fields;
    if (head < 0 || leftKids[head]! < nth) return NONE;
    let left = nth;
    for (let at = leftEdges[head]!; at < head; ) {
      const distance = heads[at]!;
      if (distance >= 1 && at + distance < head) at += distance;
      else if (at + distance === head) {
        if (--left === 0) return at;
        at++;
      } else at++;
    }
    return NONE;
  };
  const rightChild = (head: number, nth: number): number => {
    const { heads, rightKids, rightEdges } = fields;
    if (head < 0 || rightKids[head]! < nth) return NONE;
    let left = nth;
    for (let at = rightEdges[head]!; at > head; ) {
      const distance = heads[at]!;
      if (distance < 0 && at + distance > head) at += distance;
      else if (at + distance === head) {
        if (--left === 0) return at;
        at--;
      } else at--;
    }
    return NONE;
  };
  const setBreak = (word: number): void => {
    if (word < 0 || word >= length) return;
    fields.starts[word] = 1;
    sentenceEnd = next;
  };
  const push = (): void => {
    const word = bufferAt(0);
    if (word !== NONE) fields.stack[depth] = word;
    depth++;
    next++;
    const following = bufferAt(0);
    if (startsSentence(following)) setBreak(following);
    if (next > sentenceEnd) sentenceEnd = NONE;
  };
  const pop = (): void => {
    if (depth >= 1) depth--;
  };
  const unshift = (): void => {
    next--;
    fields.buffer[next] = stackAt(0);
    depth--;
    fields.shifted[fields.buffer[next]!] = 1;
  };
  const removeArc = (head: number, word: number): void => {
    const { heads, leftKids, rightKids, leftEdges, rightEdges } = fields;
    if (word > head) {
      const second = rightChild(head, 2);
      const edge = rightKids[head]! >= 2 ? (second === NONE ? 0 : rightEdges[second]!) : head;
      rightEdges[head] = edge;
      rightKids[head] = rightKids[head]! - 1;
      for (let at = head, guard = 0; heads[at]! < 0 && guard < length; guard++) {
        at += heads[at]!;
        rightEdges[at] = edge;
      }
    } else {
      const second = leftChild(head, 2);
      leftEdges[head] = leftKids[head]! >= 2 ? (second === NONE ? 0 : leftEdges[second]!) : head;
      leftKids[head] = leftKids[head]! - 1;
    }
  };
  const addArc = (head: number, word: number, label: number): void => {
    const { heads, labels, leftKids, rightKids, leftEdges, rightEdges } = fields;
    if (hasHead(word)) removeArc(word + heads[word]!, word);
    heads[word] = head - word;
    labels[word] = label;
    if (word > head) {
      rightKids[head] = rightKids[head]! + 1;
      rightEdges[head] = rightEdges[word]!;
      for (let at = head, guard = 0; heads[at] !== 0 && guard < length; guard++) {
        at += heads[at]!;
        rightEdges[at] = rightEdges[word]!;
      }
    } else {
      leftKids[head] = leftKids[head]! + 1;
      leftEdges[head] = leftEdges[word]!;
    }
  };
  /** White space in the buffer: to the word before it, or at the beginning of a sentence to the first word. */
  const attachSpaces = (): void => {
    if (depth > 0) {
      while (spaceNext()) {
        addArc(stackAt(0), bufferAt(0), NONE);
        push();
        pop();
      }
      return;
    }
    while (spaceNext() && waiting() > 1) push();
    while (depth > 0) {
      addArc(bufferAt(0), stackAt(0), NONE);
      pop();
    }
    push();
  };
  /** Moves that need no decision (`fast_forward`). */
  const fastForward = (): void => {
    while (spaceNext() || waiting() === 0 || depth === 0) {
      if (waiting() === 0) {
        if (depth === 1) pop();
        else if (depth > 1) {
          if (hasHead(stackAt(0))) pop();
          else unshift();
        } else if (length - next >= 1) push();
        else return;
      } else if (spaceNext()) attachSpaces();
      else if (waiting() === 1) {
        push();
        pop();
      } else if (length - next >= 1) push();
    }
  };

  return {
    begin(count, presets, spaces) {
      if (count + 2 > fields.heads.length)
        fields = createFields(Math.max(count + 2, fields.heads.length * 2));
      length = count;
      depth = next = 0;
      sentenceEnd = NONE;
      isSpace = spaces;
      for (let index = 0; index < count; index++) {
        fields.leftEdges[index] = index;
        fields.rightEdges[index] = index;
        fields.buffer[index] = index;
      }
      for (const field of [fields.heads, fields.leftKids, fields.rightKids, fields.shifted])
        field.fill(0, 0, count);
      fields.labels.fill(NONE, 0, count);
      fields.starts.set(presets.subarray(0, count));
      fastForward();
    },
    get final() {
      return depth <= 0 && next >= length;
    },
    features(output) {
      const b0 = bufferAt(0);
      const s0 = stackAt(0);
      const s1 = stackAt(1);
      output[0] = b0;
      output[1] = bufferAt(1);
      output[2] = s0;
      output[3] = s1;
      if (featureCount === 8) {
        output[4] = s0 < 0 ? NONE : s0 + fields.heads[s0]!;
        output[5] = leftChild(b0, 1);
        output[6] = leftChild(s0, 1);
        output[7] = rightChild(s0, 1);
        return;
      }
      output[4] = stackAt(2);
      output[5] = leftChild(s0, 1);
      // The reference writes L(S0, 2) here and then overwrites it.
      output[6] = rightChild(s0, 1);
      output[7] = leftChild(b0, 1);
      output[8] = rightChild(s0, 2);
      output[9] = leftChild(s1, 1);
      output[10] = leftChild(s1, 2);
      output[11] = rightChild(s1, 1);
      output[12] = rightChild(s1, 2);
    },
    validMoves(output) {
      const b0 = bufferAt(0);
      const s0 = stackAt(0);
      const open = startsSentence(b0) ? 0 : 1;
      output[SHIFT] = waiting() >= 2 && fields.shifted[b0] !== 1 ? open : 0;
      output[REDUCE] = depth >= 2 ? 1 : 0;
      output[LEFT] = open;
      output[RIGHT] = s0 >= 0 && s0 + fields.heads[s0]! === b0 ? 0 : open;
      const edge = b0 < 0 ? 0 : fields.leftEdges[b0]!;
      output[BREAK] = sentenceEnd === NONE && depth >= 1 && fields.starts[edge]! >= 0 ? 1 : 0;
    },
    get adjacent() {
      return stackAt(0) === bufferAt(0) - 1;
    },
    apply(move, label) {
      switch (move) {
        case SHIFT:
          push();
          break;
        case REDUCE:
          if (hasHead(stackAt(0))) pop();
          else unshift();
          break;
        case LEFT:
          addArc(bufferAt(0), stackAt(0), label);
          pop();
          break;
        case RIGHT:
          addArc(stackAt(0), bufferAt(0), label);
          push();
          break;
        default: {
          const b0 = bufferAt(0);
          setBreak(b0 < 0 ? 0 : fields.leftEdges[b0]!);
        }
      }
      fastForward();
    },
    forceFinal() {
      depth = 0;
      next = length;
    },
    writeTree(tree, transitions) {
      for (let word = 0; word < length; word++) {
        tree.heads[word] = word + fields.heads[word]!;
        tree.labels[word] = fields.heads[word] === 0 ? transitions.rootLabel : fields.labels[word]!;
        tree.leftEdges[word] = fields.leftEdges[word]!;
        tree.rightEdges[word] = fields.rightEdges[word]!;
        tree.sentenceStarts[word] = fields.starts[word]!;
      }
    },
  };
}
