/** @file Tags of words (`B-Disease`) and the entities they stand for: IOB1, IOB2, BIOES and BILOU, read as `conlleval` reads them. */

export const TAG_SCHEMES = ["iob1", "iob2", "bioes", "bilou", "io"] as const;
export type TagScheme = (typeof TAG_SCHEMES)[number];

/** Words `[start, end)` of one class. */
export interface Chunk {
  readonly label: string;
  readonly start: number;
  readonly end: number;
}

export interface DecodedTags {
  readonly chunks: readonly Chunk[];
  /** Words whose inside tag (`I`, `E`, `L`, `M`) no tag of its class precedes; they begin a chunk all the same. */
  readonly orphans: readonly number[];
}

export interface Tag {
  readonly prefix: string;
  readonly label: string;
}

const OUTSIDE: Tag = { prefix: "O", label: "" };

/** The class of tags that name none, as files with a single class have them (`B`, `I`, `O`); seqeval calls it the same. */
const UNNAMED = "_";

const PREFIXED = /^([BIESLUM])(?:-(.+))?$/s;

/** `B-LOCATION-OTHER` to `B` and `LOCATION-OTHER`, `B` to `B` and `_`. Any other tag is a bare label, prefixed `I`. */
export function splitTag(tag: string): Tag {
  const [, prefix, label = UNNAMED] = PREFIXED.exec(tag) ?? [];
  if (prefix !== undefined) return { prefix, label };
  return tag === "O" ? OUTSIDE : { prefix: "I", label: tag };
}

/** True for `O` and for tags with a prefix; a bare label can be any word. */
export function isTag(text: string): boolean {
  return text === "O" || PREFIXED.test(text);
}

/**
 * The chunks of one sentence. `B`, `S` and `U` begin one; `E`, `L`, `S` and `U` end one; any other tag goes on with a chunk of
 * its class and else begins one. So IOB1, IOB2, BIOES and BILOU need no telling apart. A bare label counts as `I-label`.
 */
export function decodeTags(tags: readonly string[]): DecodedTags {
  const chunks: Chunk[] = [];
  const orphans: number[] = [];
  let open: { label: string; start: number } | null = null;
  const close = (end: number): void => {
    if (open !== null) chunks.push({ ...open, end });
    open = null;
  };
  for (const [index, tag] of tags.entries()) {
    const { prefix, label } = splitTag(tag);
    if (prefix === "O") {
      close(index);
      continue;
    }
    const begins = prefix === "B" || prefix === "S" || prefix === "U";
    const current = open as { label: string; start: number } | null;
    if (begins || current === null || current.label !== label) {
      if (!begins) orphans.push(index);
      close(index);
      open = { label, start: index };
    }
    if (prefix === "E" || prefix === "L" || prefix === "S" || prefix === "U") close(index + 1);
  }
  close(tags.length);
  return { chunks, orphans };
}

/** Tags of `length` words, for chunks in order that share no word. */
export function encodeTags(length: number, chunks: readonly Chunk[], scheme: TagScheme): string[] {
  const tags = new Array<string>(length).fill("O");
  let last: Chunk | null = null;
  for (const chunk of chunks) {
    const { label, start, end } = chunk;
    const touches = last !== null && last.end === start && last.label === label;
    for (let word = start; word < end; word++)
      tags[word] = `${prefixOf(scheme, word === start, word === end - 1, touches)}-${label}`;
    last = chunk;
  }
  return tags;
}

function prefixOf(scheme: TagScheme, first: boolean, final: boolean, touches: boolean): string {
  switch (scheme) {
    case "io":
      return "I";
    case "iob1":
      return first && touches ? "B" : "I";
    case "iob2":
      return first ? "B" : "I";
    case "bioes":
      return first ? (final ? "S" : "B") : final ? "E" : "I";
    case "bilou":
      return first ? (final ? "U" : "B") : final ? "L" : "I";
  }
}

/**
 * The scheme that a set of sentences is written in. `E` or `S` make it BIOES, `L` or `U` BILOU; a `B` that no tag of its
 * class precedes makes it IOB2; else, where `I` begins chunks, IOB1 (or IO when there is no `B` at all).
 */
export function inferScheme(sentences: Iterable<readonly string[]>): TagScheme {
  const seen = new Set<string>();
  let startingB = false;
  let startingI = false;
  for (const tags of sentences) {
    let before = OUTSIDE;
    for (const text of tags) {
      const tag = splitTag(text);
      seen.add(tag.prefix);
      const starts = before.label !== tag.label;
      if (tag.prefix === "B" && starts) startingB = true;
      if (tag.prefix === "I" && starts) startingI = true;
      before = tag;
    }
  }
  if (seen.has("E") || seen.has("S")) return "bioes";
  if (seen.has("L") || seen.has("U")) return "bilou";
  if (startingB || !startingI) return "iob2";
  return seen.has("B") ? "iob1" : "io";
}
