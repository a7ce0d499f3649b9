/** @file The legend of labels: their colours, how many there are, and which are shown. */
import { legendRows, type SidedEntity } from "./entities.js";

interface LegendProps {
  readonly labels: readonly string[];
  readonly entities: readonly SidedEntity[];
  readonly hidden: ReadonlySet<string>;
  /** Two models are compared. */
  readonly compared: boolean;
  onHidden(hidden: ReadonlySet<string>): void;
}

/** A row of fixed height: it is there before anything is found. */
export function Legend({ labels, entities, hidden, compared, onHidden }: LegendProps) {
  const toggle = (label: string) => {
    const next = new Set(hidden);
    if (!next.delete(label)) next.add(label);
    onHidden(next);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot scroll sideways in every browser
    <div class="legend" role="group" aria-label="Legend: labels that are shown">
      {labels.length === 0 && <span class="quiet">Entities and their labels appear here.</span>}
      {compared && (
        <>
          <span class="key side-first">A only</span>
          <span class="key side-second">B only</span>
        </>
      )}
      {legendRows(labels, entities).map(({ label, colour, count }) => (
        <button
          key={label}
          type="button"
          class={`label colour-${colour} ${count === 0 ? "absent" : ""}`}
          aria-pressed={!hidden.has(label)}
          onClick={() => toggle(label)}
        >
          <span class="swatch" aria-hidden="true" />
          {label} <span class="count">{count}</span>
        </button>
      ))}
    </div>
  );
}
