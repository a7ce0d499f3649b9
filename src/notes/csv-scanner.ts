/** @file Finds the fields of one CSV record in a buffer of bytes (RFC 4180). Decodes nothing and keeps no state. */

const QUOTE = 34;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** How a field is written. */
export const FIELD = { plain: 0, quoted: 1, escaped: 2 } as const;

/** Field `i` is `[bounds[3i], bounds[3i+1])` without its quotes, written as `bounds[3i+2]` of `FIELD`. */
export interface RecordScan {
  bounds: Int32Array;
  fields: number;
  /** Where the next record begins. */
  next: number;
}

export function newRecordScan(): RecordScan {
  return { bounds: new Int32Array(96), fields: 0, next: 0 };
}

/** `more`: the record does not end inside the buffer. `broken`: a closing quote is followed by something else. */
export type ScanResult = "complete" | "more" | "broken";

/**
 * Scans the record at `start` of `bytes[0, end)` into `scan`. At the end of the stream (`last`) the final line feed may be
 * missing. With `strict` a quote inside a field that does not begin with one is broken too. Linear.
 */
export function scanRecord(
  bytes: Buffer,
  start: number,
  end: number,
  last: boolean,
  delimiter: number,
  strict: boolean,
  scan: RecordScan,
): ScanResult {
  scan.fields = 0;
  for (let at = start; ; ) {
    let from = at;
    let stop: number;
    let kind: number = FIELD.plain;
    if (bytes[at] === QUOTE && at < end) {
      from = at + 1;
      stop = bytes.indexOf(QUOTE, from);
      kind = FIELD.quoted;
      while (stop !== -1 && stop + 1 < end && bytes[stop + 1] === QUOTE) {
        kind = FIELD.escaped;
        stop = bytes.indexOf(QUOTE, stop + 2);
      }
      if (stop === -1 || stop >= end) return last ? "broken" : "more";
      at = stop + 1;
    } else {
      while (at < end && bytes[at] !== delimiter && bytes[at] !== LINE_FEED) {
        if (strict && bytes[at] === QUOTE) return "broken";
        at++;
      }
      stop = at;
    }
    if (at >= end) {
      if (!last) return "more";
      addField(scan, from, stop, kind);
      scan.next = end;
      return "complete";
    }
    if (bytes[at] === delimiter) {
      addField(scan, from, stop, kind);
      at++;
      continue;
    }
    if (kind !== FIELD.plain && bytes[at] === CARRIAGE_RETURN) {
      if (at + 1 >= end && !last) return "more";
      at++;
    }
    if (at < end && bytes[at] !== LINE_FEED) return "broken";
    if (kind === FIELD.plain && stop > from && bytes[stop - 1] === CARRIAGE_RETURN) stop--;
    addField(scan, from, stop, kind);
    scan.next = Math.min(at + 1, end);
    return "complete";
  }
}

function addField(scan: RecordScan, start: number, end: number, kind: number): void {
  const at = 3 * scan.fields++;
  if (at + 3 > scan.bounds.length) {
    const larger = new Int32Array(scan.bounds.length * 2);
    larger.set(scan.bounds);
    scan.bounds = larger;
  }
  scan.bounds[at] = start;
  scan.bounds[at + 1] = end;
  scan.bounds[at + 2] = kind;
}
