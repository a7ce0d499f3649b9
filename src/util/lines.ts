/** @file Splits a stream of bytes at line feeds, decoding each line strictly as UTF-8. */

const LINE_FEED = 10;

export interface NumberedLine {
  /** The line without its line feed; `null` when its bytes are not valid UTF-8. */
  readonly text: string | null;
  /** From 1. */
  readonly number: number;
}

/** Yields every line, the last one also without a line feed; an empty stream has no lines. */
export async function* readLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<NumberedLine> {
  let number = 0;
  for await (const bytes of splitLines(stream)) yield { text: decodeStrictly(bytes), number: ++number };
}

async function* splitLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      parts.push(chunk.subarray(start, end));
      yield joinParts(parts);
      parts.length = 0;
      start = end + 1;
    }
    // Copied: a Buffer's own `slice` would share memory with a chunk that the stream may use again.
    if (start < chunk.length) parts.push(new Uint8Array(chunk.subarray(start)));
  }
  if (parts.length > 0) yield joinParts(parts);
}

function joinParts(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeStrictly(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}
