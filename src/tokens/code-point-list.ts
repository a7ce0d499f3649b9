/** @file A growable list of code points, each with the UTF-16 range of the text that it came from. */

export class CodePointList {
  points = new Int32Array(256);
  starts = new Int32Array(256);
  ends = new Int32Array(256);
  length = 0;

  push(point: number, start: number, end: number): void {
    if (this.length === this.points.length) this.#grow();
    this.points[this.length] = point;
    this.starts[this.length] = start;
    this.ends[this.length] = end;
    this.length += 1;
  }

  #grow(): void {
    this.points = doubled(this.points);
    this.starts = doubled(this.starts);
    this.ends = doubled(this.ends);
  }
}

/** A copy with twice the room. */
export function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
