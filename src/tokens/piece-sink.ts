/** @file Where the tokenizer puts its pieces: growable arrays that are used again for the next text. */
import { doubled } from "./code-point-list.js";

export class PieceSink {
  ids = new Int32Array(1024);
  length = 0;
  /** Filled only when `positions` is on: UTF-16 range and word of each piece. */
  starts = new Int32Array(1024);
  ends = new Int32Array(1024);
  words = new Int32Array(1024);
  readonly positions: boolean;

  constructor(options: { readonly positions: boolean }) {
    this.positions = options.positions;
  }

  /** Makes room for `count` more pieces. */
  reserve(count: number): void {
    while (this.length + count > this.ids.length) {
      this.ids = doubled(this.ids);
      if (!this.positions) continue;
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
      this.words = doubled(this.words);
    }
  }
}
