/** @file A cursor over bytes in memory that are not trusted: every read is checked against the end. */

/** Thrown through `onEnd` by each read that would pass the end; positions count from the start of the whole file. */
export class ByteCursor {
  private index = 0;
  private readonly view: DataView;

  /** `base` is the position in the file of the first byte of `buffer`. */
  constructor(
    private readonly buffer: Uint8Array,
    private readonly base: number,
    private readonly onEnd: (position: number, wanted: number) => Error,
  ) {
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }

  get position(): number {
    return this.base + this.index;
  }

  get remaining(): number {
    return this.buffer.length - this.index;
  }

  uint8(): number {
    return this.view.getUint8(this.advance(1));
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  /** Rounded to the nearest double; too large for any file then, and caught as such. */
  uint64(): number {
    return Number(this.view.getBigUint64(this.advance(8), true));
  }

  int64(): number {
    return Number(this.view.getBigInt64(this.advance(8), true));
  }

  float64BigEndian(): number {
    return this.view.getFloat64(this.advance(8), false);
  }

  /** A view of the next bytes; not a copy. */
  bytes(length: number): Uint8Array {
    const start = this.advance(length);
    return this.buffer.subarray(start, start + length);
  }

  /** A cursor over the next bytes alone; this one goes on behind them. */
  sub(length: number): ByteCursor {
    const base = this.position;
    return new ByteCursor(this.bytes(length), base, this.onEnd);
  }

  skip(length: number): void {
    this.advance(length);
  }

  /** Bytes up to a line feed as Latin-1, without it. */
  line(): string {
    const end = this.buffer.indexOf(10, this.index);
    const length = (end === -1 ? this.buffer.length : end) - this.index;
    const text = Buffer.from(this.bytes(length)).toString("latin1");
    this.skip(1);
    return text;
  }

  /** Base-128 of protocol buffers and LevelDB, at most 64 bits. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      const byte = this.uint8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw this.onEnd(this.position, 1);
  }

  private advance(length: number): number {
    if (!(length >= 0 && length <= this.remaining)) throw this.onEnd(this.position, length);
    const start = this.index;
    this.index += length;
    return start;
  }
}
