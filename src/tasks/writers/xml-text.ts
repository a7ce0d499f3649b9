/** @file Text and attributes in XML 1.0: what must be escaped, and what no XML can hold. */
import { ClinicalBertError } from "../../errors.js";
import type { Span } from "../../notes/span.js";

/** Characters outside XML 1.0's `Char` production. */
const FORBIDDEN =
  /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Throws `EXAMPLES_MALFORMED` with id and offset where `text` holds a character that XML cannot. */
export function requireXmlText(id: string, text: string): void {
  const offset = text.search(FORBIDDEN);
  if (offset < 0) return;
  const code = text.charCodeAt(offset).toString(16).toUpperCase().padStart(4, "0");
  throw new ClinicalBertError(
    "EXAMPLES_MALFORMED",
    `${id} has U+${code} at ${offset}, which XML cannot hold.`,
    {
      remedy: "Write brat or jsonl instead.",
      details: { id, offset },
    },
  );
}

/** CRLF and CR as LF, which is what any XML parser gives back, and where an offset goes. */
export function withXmlLineEnds(text: string): { text: string; move: (span: Span) => Span } {
  if (!text.includes("\r")) return { text, move: (span) => span };
  const dropped = new Uint32Array(text.length + 1);
  for (let at = 0; at < text.length; at++)
    dropped[at + 1] = dropped[at]! + (text[at] === "\r" && text[at + 1] === "\n" ? 1 : 0);
  return {
    text: text.replace(/\r\n?/g, "\n"),
    move: ([start, end]) => [start - dropped[start]!, end - dropped[end]!],
  };
}

/** A CDATA section cannot hold its own end, so it is cut there. */
export function cdata(text: string): string {
  return `<![CDATA[${text.replaceAll("]]>", "]]]]><![CDATA[>")}]]>`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
  "\t": "&#9;",
};

export function attribute(text: string): string {
  return text.replace(/[&<>"\n\t]/g, (character) => ESCAPES[character]!);
}
