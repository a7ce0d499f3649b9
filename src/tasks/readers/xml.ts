/** @file XML files of annotations as a tree with decoded text and the line of each element; anything that is not well formed is refused. */
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { ClinicalBertError } from "../../errors.js";
import { malformed } from "./source-files.js";

export interface XmlElement {
  readonly name: string;
  /** Decoded. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Text is decoded, white space and CDATA are kept as they are. */
  readonly children: readonly (XmlElement | string)[];
  /** Of its start tag, from 1. */
  readonly line: number;
}

export interface XmlFile {
  readonly root: XmlElement;
  /** Lines with `&` that begins no reference: taken as it stands, as the published readers, which read line by line, do. */
  readonly bareAmpersands: readonly number[];
}

type ParsedNode = Readonly<Record<string, unknown>>;

const ATTRIBUTES = ":@";
const TEXT = "#text";
const CDATA = "#cdata";

/**
 * Entities are decoded here and not by the parser: it limits their number, and knows numeric references only together with
 * HTML's names.
 */
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  attributesGroupName: ATTRIBUTES,
  textNodeName: TEXT,
  cdataPropName: CDATA,
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  captureMetaData: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

/** Line ends are LF in the result, as the XML recommendation (2.11) has it. Throws `EXAMPLES_MALFORMED` with the line. */
export function parseXml(path: string, source: string): XmlFile {
  const { text, lines: bareAmpersands } = escapeBareAmpersands(source.replace(/\r\n?/g, "\n"));
  const verdict = XMLValidator.validate(text, { allowBooleanAttributes: false });
  if (verdict !== true) throw malformed(path, verdict.err.line, `not well-formed XML (${verdict.err.code})`);
  if (/<!DOCTYPE/i.test(text.slice(0, 4096)) && /<!ENTITY/i.test(text))
    throw malformed(path, 1, "a document type that defines entities, which no annotation format needs");
  const lineAt = lineFinder(text);
  const metaKey = XMLParser.getMetaDataSymbol() as unknown as string;
  const build = (node: ParsedNode): XmlElement => {
    const name = Object.keys(node).find((key) => key !== ATTRIBUTES)!;
    const line = lineAt((node[metaKey] as { startIndex?: number } | undefined)?.startIndex ?? 0);
    const children: (XmlElement | string)[] = [];
    for (const child of node[name] as ParsedNode[]) {
      if (TEXT in child) children.push(decodeReferences(path, line, String(child[TEXT])));
      else if (CDATA in child)
        children.push((child[CDATA] as ParsedNode[]).map((part) => String(part[TEXT] ?? "")).join(""));
      else children.push(build(child));
    }
    const attributes = Object.entries((node[ATTRIBUTES] ?? {}) as Record<string, string>).map(
      ([key, value]) => [key, decodeReferences(path, line, value)] as const,
    );
    return { name, attributes: Object.fromEntries(attributes), children, line };
  };
  let nodes: ParsedNode[];
  try {
    nodes = parser.parse(text) as ParsedNode[];
  } catch (error) {
    // The parser's own messages can quote the text.
    throw new ClinicalBertError("EXAMPLES_MALFORMED", `${path} is not well-formed XML.`, {
      details: { path },
      cause: error instanceof ClinicalBertError ? error : undefined,
    });
  }
  const root = nodes.find((node) => !(TEXT in node));
  if (root === undefined) throw malformed(path, 1, "no XML element");
  return { root: build(root), bareAmpersands };
}

/** All elements of a name in the tree, in document order. */
export function* elementsNamed(element: XmlElement, name: string): Generator<XmlElement> {
  for (const child of element.children) {
    if (typeof child === "string") continue;
    if (child.name === name) yield child;
    else yield* elementsNamed(child, name);
  }
}

/** The text directly in an element and in the elements within it. */
export function textOf(element: XmlElement): string {
  return element.children.map((child) => (typeof child === "string" ? child : textOf(child))).join("");
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decodeReferences(path: string, line: number, text: string): string {
  return text.replace(/&(#x[\da-fA-F]+|#\d+|[\w:.-]+);/g, (_, name: string) => {
    if (!name.startsWith("#")) {
      const character = NAMED[name];
      if (character === undefined)
        throw malformed(path, line, "a reference to an entity that XML does not have (such as HTML's nbsp)");
      return character;
    }
    const point = name[1] === "x" ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    if (!(point > 0 && point <= 0x10ffff) || (point >= 0xd800 && point < 0xe000))
      throw malformed(path, line, "a reference to a character that Unicode does not have");
    return String.fromCodePoint(point);
  });
}

/** What the scan stops at, and the end of what it leaves alone; `null` for the ampersand itself. */
const MARKS = [
  ["&", null],
  ["<![CDATA[", "]]>"],
  ["<!--", "-->"],
] as const;

/** One pass from left to right; where each mark comes next is kept, so that no stretch of the text is searched twice. */
function escapeBareAmpersands(text: string): { text: string; lines: number[] } {
  const lines: number[] = [];
  if (!text.includes("&")) return { text, lines };
  const lineAt = lineFinder(text);
  const places = MARKS.map(() => -1);
  let escaped = "";
  let copied = 0;
  for (let at = 0; ; ) {
    for (const [index, [mark]] of MARKS.entries())
      if (places[index]! < at) places[index] = indexFrom(text, mark, at);
    const next = Math.min(...places);
    if (next === text.length) return { text: escaped + text.slice(copied), lines };
    const end = MARKS[places.indexOf(next)]![1];
    if (end !== null) {
      at = indexFrom(text, end, next);
      continue;
    }
    at = next + 1;
    REFERENCE.lastIndex = next;
    if (REFERENCE.test(text)) continue;
    lines.push(lineAt(next));
    escaped += `${text.slice(copied, next)}&amp;`;
    copied = at;
  }
}

/** `text.length` where `mark` does not come again. */
function indexFrom(text: string, mark: string, from: number): number {
  const place = text.indexOf(mark, from);
  return place < 0 ? text.length : place;
}

const REFERENCE = /&(?:#\d{1,8}|#x[\da-fA-F]{1,8}|[a-zA-Z][\w.-]{0,63});/y;

/** Line (from 1) of an offset. */
function lineFinder(text: string): (offset: number) => number {
  const ends: number[] = [];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) ends.push(at);
  return (offset) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! >= offset) high = middle;
      else low = middle + 1;
    }
    return low + 1;
  };
}
