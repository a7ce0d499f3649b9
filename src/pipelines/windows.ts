/** @file Cuts the tokens of a long note into overlapping windows; each token is read where it has most context. */

export interface TokenWindow {
  /** Half-open range of tokens of the note that the window holds. */
  readonly start: number;
  readonly end: number;
  /** Half-open range of tokens whose result is taken from this window: nowhere else are they farther from an edge. */
  readonly from: number;
  readonly to: number;
}

/**
 * Windows of at most `room` tokens that overlap by at least `overlap`; the last one ends with the note and is as long as
 * the others. Two neighbours share their overlap half and half.
 */
export function planTokenWindows(count: number, room: number, overlap: number): TokenWindow[] {
  if (count <= room) return [{ start: 0, end: count, from: 0, to: count }];
  const step = Math.max(1, room - overlap);
  const starts: number[] = [];
  for (let start = 0; start + room < count; start += step) starts.push(start);
  starts.push(count - room);
  const borders = starts.slice(1).map((start, index) => Math.floor((start + starts[index]! + room) / 2));
  return starts.map((start, index) => ({
    start,
    end: start + room,
    from: index === 0 ? 0 : borders[index - 1]!,
    to: index === starts.length - 1 ? count : borders[index]!,
  }));
}
