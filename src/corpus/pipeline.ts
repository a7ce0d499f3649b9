/** @file Works on several items of a stream at once and gives the results in order. */

/** Results in the order of `items`, with up to `width` pieces of work under way. */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  for await (const item of items) {
    const started = work(item);
    // A failure is thrown where the result is awaited, in its turn.
    started.catch(() => undefined);
    underWay.push(started);
    if (underWay.length >= width) yield await underWay.shift()!;
  }
  while (underWay.length > 0) yield await underWay.shift()!;
}
