/** @file A growing window on a stream of bytes: read more at its end, forget at its beginning, with absolute offsets. */

export interface ByteWindow {
  /** Bytes `[start, end)` of `buffer` are loaded and not yet forgotten. */
  buffer: Buffer;
  start: number;
  end: number;
  /** Absolute offset in the stream of `buffer[0]`. */
  origin: number;
  /** True when the stream has no more bytes than those loaded. */
  last: boolean;
  /** Loads at least one more byte, or sets `last`. Moves what is loaded to the front: positions in `buffer` change. */
  grow(): Promise<void>;
  /** Ends the stream. */
  close(): Promise<void>;
}

/** A window that keeps at most what the caller has not yet passed by moving `start`. */
export function openWindow(stream: AsyncIterable<Uint8Array>, initialSize = 1 << 21): ByteWindow {
  const chunks = stream[Symbol.asyncIterator]();
  const window: ByteWindow = {
    buffer: Buffer.allocUnsafe(initialSize),
    start: 0,
    end: 0,
    origin: 0,
    last: false,
    async grow() {
      compact(window);
      // Doubling what is loaded keeps repeated scans of one long record linear in its length.
      const wanted = Math.max(1, window.end - window.start);
      for (let loaded = 0; loaded < wanted; ) {
        const { value, done } = await chunks.next();
        if (done) {
          window.last = true;
          return;
        }
        append(window, value);
        loaded += value.length;
      }
    },
    async close() {
      await chunks.return?.();
    },
  };
  return window;
}

function compact(window: ByteWindow): void {
  if (window.start === 0) return;
  window.buffer.copyWithin(0, window.start, window.end);
  window.origin += window.start;
  window.end -= window.start;
  window.start = 0;
}

function append(window: ByteWindow, chunk: Uint8Array): void {
  if (window.end + chunk.length > window.buffer.length) {
    const larger = Buffer.allocUnsafe(Math.max(2 * window.buffer.length, window.end + chunk.length));
    window.buffer.copy(larger, 0, 0, window.end);
    window.buffer = larger;
  }
  window.buffer.set(chunk, window.end);
  window.end += chunk.length;
}
