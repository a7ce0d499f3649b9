/** @file The note itself, unchanged, with what was found drawn over it. Laid out block by block; decorated where it is seen. */
import type { Span } from "clinicalbert/browser";
import { memo } from "preact/compat";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Outline, Pieces } from "../worker/messages.js";
import { type Block, blockAt, cutBlocks, rowsOf } from "./blocks.js";
import { cutSegments, type Overlay, type Segment, within } from "./segments.js";
import { visibleText } from "./visible-text.js";
import { wordAfter, wordAt, wordBefore } from "./words.js";

/** An entity as it is drawn: its colour, and which of two compared models has it. */
export interface DrawnEntity {
  readonly span: Span;
  readonly label: string;
  readonly colour: number;
  readonly side: "first" | "second" | "both";
}

export interface NoteTextProps {
  readonly text: string;
  readonly outline: Outline;
  /** In order, without overlap within one side. */
  readonly entities: readonly DrawnEntity[];
  readonly showSentences: boolean;
  readonly pieces: Pieces | null;
  readonly cursor: Span | null;
  /** Brought to the middle when it changes. */
  readonly target: Span | null;
  onCursor(word: Span): void;
}

const ROW_HEIGHT = 22;
/** Blocks so far out of sight are decorated already. */
const NEAR = "1200px";

export function NoteText(props: NoteTextProps) {
  const { text, outline, entities, showSentences, pieces, cursor, target, onCursor } = props;
  const region = useRef<HTMLElement>(null);
  const blocks = useMemo(
    () =>
      cutBlocks(
        text,
        outline.sections.flatMap(({ spans }) => spans[0]?.[0] ?? []),
      ),
    [text, outline],
  );
  const titles = useMemo(
    () => outline.sections.flatMap(({ title }) => (title === null ? [] : [title])),
    [outline],
  );
  const sentences = useMemo(
    () => outline.sentences.flatMap((spans, index) => spans.map((span) => ({ span, index }))),
    [outline],
  );
  const near = useNearBlocks(region, blocks);
  const columns = useColumns(region);

  useLayoutEffect(() => {
    if (target === null || region.current === null) return;
    const block = region.current.children[blockAt(blocks, target[0])];
    const part = block?.querySelector(`[data-start="${target[0]}"]`);
    (part ?? block)?.scrollIntoView({ block: part === null ? "start" : "center" });
  }, [target, blocks]);

  useLayoutEffect(() => {
    if (cursor !== null) region.current?.querySelector(".cursor")?.scrollIntoView({ block: "nearest" });
  }, [cursor]);

  const move = (event: KeyboardEvent) => {
    const from = cursor ?? [0, 0];
    const next =
      event.key === "ArrowRight"
        ? wordAfter(text, cursor === null ? 0 : from[1])
        : event.key === "ArrowLeft"
          ? wordBefore(text, from[0])
          : null;
    if (next === null) return;
    event.preventDefault();
    onCursor(next);
  };
  const point = (event: MouseEvent) => {
    if (getSelection()?.isCollapsed === false) return;
    const offset = offsetAt(event.clientX, event.clientY);
    // The caret is put at the nearer edge of a character: behind the last one of a word it is still that word.
    const word = offset === null ? null : (wordAt(text, offset) ?? wordAt(text, offset - 1));
    if (word !== null) onCursor(word);
  };

  return (
    <section
      id="note-text"
      class="note-text"
      ref={region}
      aria-label="Text of the note. The left and right arrow keys choose a word."
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys choose words
      tabIndex={0}
      onKeyDown={move}
      onClick={point}
    >
      {blocks.map((block, index) => {
        // A block that something is looked for in is decorated before it is in sight.
        const isNear = near.has(index) || (target !== null && holds(block, target));
        return (
          <NoteBlock
            key={index}
            text={text}
            block={block}
            titles={titles}
            entities={isNear ? entities : NONE}
            sentences={isNear && showSentences ? sentences : NONE}
            pieces={isNear ? pieces : null}
            rows={rowsOf(block, columns)}
            cursor={cursor !== null && holds(block, cursor) ? cursor : null}
          />
        );
      })}
    </section>
  );
}

const NONE: readonly never[] = [];

function holds({ span: [from, to] }: Block, [start, end]: Span): boolean {
  return start < to && end > from;
}

interface SentencePart {
  readonly span: Span;
  readonly index: number;
}

interface NoteBlockProps {
  readonly text: string;
  readonly block: Block;
  readonly titles: readonly Span[];
  readonly entities: readonly DrawnEntity[];
  readonly sentences: readonly SentencePart[];
  readonly pieces: Pieces | null;
  readonly rows: number;
  readonly cursor: Span | null;
}

/** Made again only when one of these is another object: scrolling makes the blocks that come near, and no other. */
const NoteBlock = memo((props: NoteBlockProps) => {
  const { text, block, entities, rows } = props;
  return (
    <div class="block" style={{ containIntrinsicBlockSize: `auto ${rows * ROW_HEIGHT}px` }}>
      {cutSegments(block.span, overlaysOf(props)).map((segment) => (
        <NoteSegment key={segment.start} text={text} segment={segment} entities={entities} />
      ))}
    </div>
  );
});

function overlaysOf({ block, titles, entities, sentences, pieces, cursor }: NoteBlockProps): Overlay[] {
  const found: Overlay[] = [];
  const add = (layer: string, index: number, span: Span) => found.push({ layer, index, span });
  for (const span of within(titles, (title) => title, block.span)) add("title", 0, span);
  for (const index of entitiesWithin(entities, block.span)) add("entity", index, entities[index]!.span);
  for (const { span, index } of within(sentences, (part) => part.span, block.span))
    add(index % 2 === 0 ? "sentence" : "sentence odd", index, span);
  if (pieces !== null)
    for (const { span, index } of piecesWithin(pieces, block.span))
      add(pieces.tokens[index]!.startsWith("##") ? "piece inner" : "piece", index, span);
  if (cursor !== null) add("cursor", 0, cursor);
  return found;
}

interface NoteSegmentProps {
  readonly text: string;
  readonly segment: Segment;
  readonly entities: readonly DrawnEntity[];
}

function NoteSegment({ text, segment: { start, end, overlays }, entities }: NoteSegmentProps) {
  const shown = visibleText(text.slice(start, end));
  const drawn = overlays.filter(({ layer }) => layer === "entity").map(({ index }) => entities[index]!);
  const classes = overlays.flatMap(({ layer, span }) => {
    if (layer === "entity") return [];
    return span[0] === start && layer.startsWith("piece") ? [layer, "starts"] : [layer];
  });
  for (const { colour, side } of drawn) classes.push("entity", `colour-${colour}`, `side-${side}`);
  const className = classes.length === 0 ? undefined : classes.join(" ");
  if (drawn.length === 0)
    return (
      <span data-start={start} class={className}>
        {shown}
      </span>
    );
  const names = drawn.map(({ label, side }) => (side === "both" ? label : `${label} (${SIDES[side]})`));
  return (
    <mark data-start={start} class={className} title={`${names.join(", ")}  ${start}–${end}`}>
      {shown}
    </mark>
  );
}

const SIDES = { first: "model A", second: "model B" } as const;

/** Entities of two models may overlap each other; those of one are in order. */
function entitiesWithin(entities: readonly DrawnEntity[], [from, to]: Span): readonly number[] {
  let low = 0;
  let high = entities.length;
  // Starts are in order; an entity is never longer than a block and its neighbour.
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entities[middle]!.span[0] < from - 8000) low = middle + 1;
    else high = middle;
  }
  const found: number[] = [];
  for (let at = low; at < entities.length && entities[at]!.span[0] < to; at++)
    if (entities[at]!.span[1] > from) found.push(at);
  return found;
}

function piecesWithin(
  { bounds }: Pieces,
  [from, to]: Span,
): { readonly span: Span; readonly index: number }[] {
  let low = 0;
  let high = bounds.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bounds[2 * middle + 1]! <= from) low = middle + 1;
    else high = middle;
  }
  const found: { span: Span; index: number }[] = [];
  for (let index = low; 2 * index < bounds.length && bounds[2 * index]! < to; index++)
    found.push({ span: [bounds[2 * index]!, bounds[2 * index + 1]!], index });
  return found;
}

/** Indices of the blocks that are in sight or nearly. */
function useNearBlocks(
  region: { readonly current: HTMLElement | null },
  blocks: readonly Block[],
): ReadonlySet<number> {
  const [near, setNear] = useState<ReadonlySet<number>>(new Set([0]));
  useEffect(() => {
    const { current } = region;
    if (current === null) return;
    const places = new Map([...current.children].map((child, index) => [child, index]));
    const observer = new IntersectionObserver(
      (entries) =>
        setNear((known) => {
          const changed = new Set(known);
          for (const { target, isIntersecting } of entries) {
            if (isIntersecting) changed.add(places.get(target)!);
            else changed.delete(places.get(target)!);
          }
          return changed;
        }),
      { root: current, rootMargin: NEAR },
    );
    for (const child of places.keys()) observer.observe(child);
    return () => observer.disconnect();
  }, [region, blocks]);
  return near;
}

/** Characters in a row, measured. */
function useColumns(region: { readonly current: HTMLElement | null }): number {
  const [columns, setColumns] = useState(90);
  useLayoutEffect(() => {
    const { current } = region;
    if (current === null) return;
    const context = document.createElement("canvas").getContext("2d")!;
    context.font = getComputedStyle(current).font;
    const width = context.measureText("0".repeat(100)).width / 100;
    const measure = () => setColumns(Math.max(20, Math.floor((current.clientWidth - 48) / width)));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => observer.disconnect();
  }, [region]);
  return columns;
}

/** The offset in the note under a point: segments know where they start, and show one unit for one. */
function offsetAt(x: number, y: number): number | null {
  const [node, offset] = caretAt(x, y);
  const start = node?.parentElement?.dataset["start"];
  return start === undefined ? null : Number(start) + offset;
}

function caretAt(x: number, y: number): readonly [Node | null, number] {
  if ("caretPositionFromPoint" in document) {
    const position = document.caretPositionFromPoint(x, y);
    return [position?.offsetNode ?? null, position?.offset ?? 0];
  }
  // Safari before 26.
  const range = (document as Document).caretRangeFromPoint(x, y);
  return [range?.startContainer ?? null, range?.startOffset ?? 0];
}
