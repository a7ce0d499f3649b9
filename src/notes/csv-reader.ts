/**
 * @file Reads the records of a CSV stream with bounded memory. A record with broken quotes or a wrong number of columns
 * is refused by number and byte offset, and reading goes on at the next line that begins two plausible records.
 */
import { type ByteWindow, openWindow } from "./byte-window.js";
import { FIELD, newRecordScan, type RecordScan, type ScanResult, scanRecord } from "./csv-scanner.js";
import type { RefusalReason } from "./refusal.js";

export interface CsvOptions {
  /** One ASCII character; default a comma. */
  readonly delimiter?: string;
  /** A longer record is refused; also bounds the memory. Default 16 MiB. */
  readonly maxRecordBytes?: number;
  /** Called for each refused stretch of `length` bytes. Never sees its text. */
  onRefusal(number: number, offset: number, length: number, reason: RefusalReason): void;
}

export interface CsvRecord {
  /** From 1, the header not counted. */
  readonly number: number;
  /** Byte offset of the record in the (decompressed) stream. */
  readonly offset: number;
  /** `[start, end, kind]` of each field in `CsvBatch.bytes`, as in `RecordScan`. */
  readonly bounds: Int32Array;
}

/** Records that lie in `bytes`, which is valid until the next batch is asked for. */
export interface CsvBatch {
  readonly bytes: Buffer;
  readonly records: readonly CsvRecord[];
}

/** Decides whether a scanned record may be the beginning of good data after damage. */
export type PlausibleTest = (bytes: Buffer, scan: RecordScan) => boolean;

const LINE_FEED = 10;
const MAX_RECORD_BYTES = 1 << 24;
const BATCH_RECORDS = 4096;

/**
 * `start(header)` gets the decoded cells of the first record and returns the test for plausible records.
 * An empty stream yields nothing.
 */
export async function* readCsv(
  stream: AsyncIterable<Uint8Array>,
  options: CsvOptions,
  start: (header: readonly string[]) => PlausibleTest,
): AsyncGenerator<CsvBatch> {
  const window = openWindow(stream);
  const reader = createReader(window, options);
  try {
    if ((await reader.scanNext(false)) !== "complete" || window.end === window.start) {
      if (window.end > window.start) reader.refuseRest("quotes");
      return;
    }
    const scan = reader.scan;
    const header = Array.from({ length: scan.fields }, (_, index) => headerCell(window.buffer, scan, index));
    reader.columns = header.length;
    reader.plausible = start(header);
    window.start = scan.next;
    for (let batch = await reader.nextBatch(); batch !== null; batch = await reader.nextBatch()) yield batch;
  } finally {
    await window.close();
  }
}

function headerCell(bytes: Buffer, scan: RecordScan, index: number): string {
  const text = bytes.toString("utf8", scan.bounds[3 * index], scan.bounds[3 * index + 1]);
  return text
    .replace(/^\ufeff/, "")
    .replace(/^"|"$/g, "")
    .trim();
}

/** So many NUL bytes in a row are lost data; fewer are taken for characters of a text. */
const HOLE = Buffer.alloc(16);

const REASONS: Readonly<Record<ScanResult | "hole", RefusalReason>> = {
  complete: "columns",
  more: "too-long",
  broken: "quotes",
  hole: "nul",
};

function createReader(window: ByteWindow, options: CsvOptions) {
  const delimiter = (options.delimiter ?? ",").charCodeAt(0);
  const maxBytes = options.maxRecordBytes ?? MAX_RECORD_BYTES;
  const probe = newRecordScan();
  let number = 0;
  /** Offset of the first NUL byte at or after the last record looked at, or of the end of what was loaded then. */
  let nulAt = -1;
  const reader = {
    scan: newRecordScan(),
    columns: 0,
    plausible: (() => true) as PlausibleTest,

    /** Scans the record at `window.start`, loading as much as it needs. */
    async scanNext(strict: boolean): Promise<ScanResult> {
      for (;;) {
        const result = scanRecord(
          window.buffer,
          window.start,
          window.end,
          window.last,
          delimiter,
          strict,
          reader.scan,
        );
        if (result !== "more") return result;
        if (window.end - window.start > maxBytes) return "more";
        await window.grow();
      }
    },

    /** The good records that are loaded, at least one; `null` at the end of the stream. */
    async nextBatch(): Promise<CsvBatch | null> {
      const records: CsvRecord[] = [];
      while (records.length < BATCH_RECORDS) {
        const { start, end, last, buffer } = window;
        if (start >= end && last) break;
        const { scan } = reader;
        let result: ScanResult | "hole" =
          start < end ? scanRecord(buffer, start, end, last, delimiter, false, scan) : "more";
        if (result === "complete" && reader.swallowsNext(scan)) result = "broken";
        if (result === "complete" && scan.next - start > maxBytes) result = "more";
        if (result === "complete" && reader.hasHole(start, scan.next)) result = "hole";
        if (result === "complete" && scan.fields === reader.columns) {
          const bounds = scan.bounds.slice(0, 3 * scan.fields);
          records.push({ number: ++number, offset: window.origin + start, bounds });
          window.start = scan.next;
        } else if (result === "complete" && isBlankLine(scan)) {
          window.start = scan.next;
        } else if (records.length > 0) {
          // Loading more or searching moves the buffer: hand out what lies in it first.
          break;
        } else if (result === "more" && end - start <= maxBytes) {
          await window.grow();
        } else {
          await reader.refuse(result);
        }
      }
      return records.length > 0 ? { bytes: window.buffer, records } : null;
    },

    /** Refuses the record at `window.start` and moves on to where good data begins again. */
    async refuse(result: ScanResult | "hole"): Promise<void> {
      const offset = window.origin + window.start;
      const reason = REASONS[result];
      number++;
      const isOneLine = result === "complete" && firstFeed(window) >= reader.scan.next - 1;
      if (isOneLine) window.start = reader.scan.next;
      else await reader.synchronise();
      options.onRefusal(number, offset, window.origin + window.start - offset, reason);
    },

    /** Moves `window.start` to the next line from which two records in a row are well-formed and plausible. */
    async synchronise(): Promise<void> {
      for (;;) {
        const feed = firstFeed(window);
        if (feed === -1) {
          if (window.last) {
            window.start = window.end;
            return;
          }
          // The rest of an endless line is of no use: forget it, but for the byte before the next chunk.
          window.start = window.end;
          await window.grow();
          continue;
        }
        window.start = feed + 1;
        if (await reader.isGoodStart()) return;
      }
    },

    async isGoodStart(): Promise<boolean> {
      if (window.start >= window.end && !window.last) await window.grow();
      if (window.start >= window.end) return true;
      if ((await reader.scanNext(true)) !== "complete") return false;
      if (reader.scan.fields !== reader.columns || !reader.plausible(window.buffer, reader.scan))
        return false;
      for (;;) {
        const from = reader.scan.next;
        if (from >= window.end && window.last) return true;
        const result =
          from < window.end
            ? scanRecord(window.buffer, from, window.end, window.last, delimiter, true, probe)
            : "more";
        if (result === "complete")
          return probe.fields === reader.columns && reader.plausible(window.buffer, probe);
        // The record after it is damaged in its quotes: the candidate itself was whole, which has to do.
        if (result === "broken") return true;
        if (window.end - from > maxBytes) return true;
        await window.grow();
        if ((await reader.scanNext(true)) !== "complete") return false;
      }
    },

    /** True when a run of NUL bytes, the mark of a torn file, lies in the record at `start`. */
    hasHole(start: number, next: number): boolean {
      if (nulAt < window.origin + start) {
        const found = window.buffer.indexOf(0, start);
        nulAt = window.origin + (found === -1 || found > window.end ? window.end : found);
      }
      return nulAt < window.origin + next && window.buffer.subarray(start, next).includes(HOLE);
    },

    /**
     * True for a field that ends like the beginning of another record: its closing quote is missing, and what closed it
     * opened the next record's field, whose text begins with a line feed.
     */
    swallowsNext(scan: RecordScan): boolean {
      for (let field = 1; field < scan.fields; field++) {
        const [from, to, kind] = [
          scan.bounds[3 * field]!,
          scan.bounds[3 * field + 1]!,
          scan.bounds[3 * field + 2],
        ];
        if (kind === FIELD.plain || window.buffer[to - 1] !== delimiter || to <= from) continue;
        const line = window.buffer.lastIndexOf(LINE_FEED, to - 1) + 1;
        if (line <= from) continue;
        const result = scanRecord(window.buffer, line, to, true, delimiter, true, probe);
        if (result === "complete" && probe.fields === field + 1 && reader.plausible(window.buffer, probe))
          return true;
      }
      return false;
    },

    refuseRest(reason: RefusalReason): void {
      options.onRefusal(0, window.origin + window.start, window.end - window.start, reason);
    },
  };
  return reader;
}

function isBlankLine(scan: RecordScan): boolean {
  return scan.fields === 1 && scan.bounds[0] === scan.bounds[1];
}

/** Index of the first line feed loaded at or after `window.start`, or -1. */
function firstFeed(window: ByteWindow): number {
  const index = window.buffer.indexOf(LINE_FEED, window.start);
  return index >= window.end ? -1 : index;
}
