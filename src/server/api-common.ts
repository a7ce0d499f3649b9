/** @file Wire types that routes of several kinds share. See `api.ts`. */

/** Half-open range of a text in the unit of the request's `offsets`. */
export type WireSpan = readonly [start: number, end: number];

/** Unit of spans: UTF-16 units (JavaScript), code points (Python), bytes of UTF-8. */
export type OffsetUnit = "utf16" | "codepoint" | "byte";

export interface Prediction {
  readonly score: number;
  readonly label: string;
}
