/** @file The outline of a note: its sections, with the category of each. */
import type { Span } from "clinicalbert/browser";
import { Rows } from "../common/rows.js";
import type { Outline, SectionOutline } from "../worker/messages.js";
import { visibleText } from "./visible-text.js";

interface OutlinePanelProps {
  readonly text: string;
  readonly outline: Outline;
  /** Index of the section that holds the chosen word. */
  readonly current: number | null;
  onChoose(span: Span): void;
}

const ROW = 46;

export function OutlinePanel({ text, outline: { sections }, current, onChoose }: OutlinePanelProps) {
  const shown = sections.flatMap((section, index) =>
    section.spans.length === 0 ? [] : [{ section, index }],
  );
  return (
    <Rows
      label={`${shown.length} sections`}
      items={shown}
      rowHeight={ROW}
      follow={shown.findIndex(({ index }) => index === current)}
      row={({ section, index }) => (
        <button
          type="button"
          class={section.title === null ? "row section untitled" : "row section"}
          aria-current={index === current ? "location" : undefined}
          onClick={() => onChoose(section.title ?? section.spans[0]!)}
        >
          <span class="row-main">{titleOf(text, section)}</span>
          <span class="row-sub">{section.category?.replaceAll("_", " ") ?? "no category"}</span>
        </button>
      )}
    />
  );
}

const LONGEST_TITLE = 80;

function titleOf(text: string, { title, spans }: SectionOutline): string {
  const [start, end] = title ?? spans[0]!;
  const slice = visibleText(text.slice(start, Math.min(end, start + LONGEST_TITLE))).trim();
  return title === null ? `${slice.split("\n")[0]}…` : slice;
}
