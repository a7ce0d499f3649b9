/** @file Collects bytes in one buffer and writes them out in large pieces. */

const FLUSH_AT = 1 << 20;

/** What a `ByteWriter` writes to: an `AtomicFile` or a stream. */
export interface ByteTarget {
  write(chunk: Uint8Array): Promise<void>;
}

export class ByteWriter {
  bytes = new Uint8Array(FLUSH_AT + (1 << 16));
  /** Bytes waiting in `bytes`. */
  length = 0;
  /** Bytes handed to the target so far. */
  #flushed = 0;
  readonly #target: ByteTarget;

  constructor(target: ByteTarget) {
    this.#target = target;
  }

  /** Bytes written altogether. */
  get position(): number {
    return this.#flushed + this.length;
  }

  /** Makes room for `count` bytes at `length`. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  put(chunk: Uint8Array): void {
    this.reserve(chunk.length);
    this.bytes.set(chunk, this.length);
    this.length += chunk.length;
  }

  /** A promise to wait for when enough has come together, nothing otherwise. */
  flushIfFull(): Promise<void> | undefined {
    return this.length >= FLUSH_AT ? this.flush() : undefined;
  }

  async flush(): Promise<void> {
    const chunk = this.bytes.subarray(0, this.length);
    await this.#target.write(chunk);
    this.#flushed += chunk.length;
    this.length = 0;
  }
}
