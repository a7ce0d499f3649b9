/** @file The flag `--offsets`: spans in UTF-16 units, code points or bytes of UTF-8. */
import { ClinicalBertError } from "../errors.js";
import { OFFSET_UNITS, type OffsetUnit } from "../notes/offset-units.js";

export { type OffsetUnit, spanConverter } from "../notes/offset-units.js";

export const OFFSETS_FLAG = "--offsets <unit>";
export const OFFSETS_HELP = "unit of spans: utf16, codepoint (Python's strings) or byte (of UTF-8)";

export function parseOffsetUnit(text: string): OffsetUnit {
  const unit = OFFSET_UNITS.find((each) => each === text);
  if (unit === undefined)
    throw new ClinicalBertError(
      "USAGE",
      `--offsets is "${text}"; it must be one of ${OFFSET_UNITS.join(", ")}.`,
    );
  return unit;
}
