/** @file A priority queue of pairs: the most frequent first, of equals the one with the smaller ids. */

export interface QueuedPair {
  readonly left: number;
  readonly right: number;
  count: number;
}

export class MergeQueue {
  readonly #heap: QueuedPair[] = [];

  get size(): number {
    return this.#heap.length;
  }

  push(pair: QueuedPair): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(pair);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!comesBefore(pair, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = pair;
  }

  pop(): QueuedPair | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && comesBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!comesBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function comesBefore(first: QueuedPair, second: QueuedPair): boolean {
  if (first.count !== second.count) return first.count > second.count;
  if (first.left !== second.left) return first.left < second.left;
  return first.right < second.right;
}
