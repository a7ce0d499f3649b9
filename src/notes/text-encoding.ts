/** @file Decodes the bytes of a field or file: UTF-8 strictly, windows-1252 and latin1 as they are. */
import { isUtf8 } from "node:buffer";
import { ClinicalBertError } from "../errors.js";

export const TEXT_ENCODINGS = ["utf-8", "windows-1252", "latin1"] as const;
export type TextEncoding = (typeof TEXT_ENCODINGS)[number];

/** Characters of windows-1252 at 0x80 to 0x9f; the five that it leaves open stay control characters, as browsers have it. */
const WINDOWS_1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/** A decoder that gives `null` for bytes that are not valid in the encoding. Throws `USAGE` for an unknown encoding. */
export function createDecoder(encoding: TextEncoding = "utf-8"): (bytes: Buffer) => string | null {
  switch (encoding) {
    case "utf-8":
      return (bytes) => (isUtf8(bytes) ? bytes.toString("utf8") : null);
    case "latin1":
      return (bytes) => bytes.toString("latin1");
    case "windows-1252":
      // Not TextDecoder: that of Node 20 takes windows-1252 for latin1.
      return (bytes) =>
        bytes
          .toString("latin1")
          .replace(/[\u0080-\u009f]/g, (unit) => WINDOWS_1252[unit.charCodeAt(0) - 0x80]!);
    default:
      throw new ClinicalBertError(
        "USAGE",
        `Encoding "${String(encoding)}" is unknown; there are ${TEXT_ENCODINGS.join(", ")}.`,
      );
  }
}
