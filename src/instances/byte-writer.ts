/** @file Collects bytes and writes them out in large pieces, the next piece filling while the last is being written. */

const FLUSH_AT = 1 << 20;
/** Beyond `FLUSH_AT`, so that a record seldom makes the buffer grow. */
const SLACK = 1 << 16;

/** What a `ByteWriter` writes to: an `AtomicFile` or a stream. */
export interface ByteTarget {
  write(chunk: Uint8Array): Promise<void>;
}

export class ByteWriter {
  bytes = new Uint8Array(FLUSH_AT + SLACK);
  /** Bytes waiting in `bytes`. */
  length = 0;
  /** The buffer that is being written, or was. */
  #other: Uint8Array<ArrayBuffer> | null = null;
  #writing: Promise<void> = Promise.resolve();
  /** Bytes handed to the target so far. */
  #handed = 0;
  readonly #target: ByteTarget;

  constructor(target: ByteTarget) {
    this.#target = target;
  }

  /** Bytes written altogether. */
  get position(): number {
    return this.#handed + this.length;
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
    return this.length >= FLUSH_AT ? this.#hand() : undefined;
  }

  /** Hands over `chunk` as it is, behind what waits; it must stay so until the next call has returned. */
  async pass(chunk: Uint8Array): Promise<void> {
    if (this.length > 0) await this.#hand();
    await this.#writing;
    this.#handed += chunk.length;
    this.#write(chunk);
  }

  /** Waits until everything is written. */
  async flush(): Promise<void> {
    await this.#hand();
    await this.#writing;
  }

  /** Waits for the piece before, then hands this one to the target and goes on in the other buffer. */
  async #hand(): Promise<void> {
    await this.#writing;
    const full = this.bytes;
    this.bytes = this.#other ?? new Uint8Array(FLUSH_AT + SLACK);
    this.#other = full;
    this.#handed += this.length;
    this.#write(full.subarray(0, this.length));
    this.length = 0;
  }

  #write(chunk: Uint8Array): void {
    this.#writing = this.#target.write(chunk);
    // A failure is thrown where it is waited for; until then nobody may call it unhandled.
    this.#writing.catch(() => undefined);
  }
}
