/** @file The panel that lists entities: the models that find them, what two models agree on, where each entity stands. */
import { useState } from "preact/hooks";
import { Choice, Hint, StateLine } from "../common/parts.js";
import { Rows } from "../common/rows.js";
import type { Async } from "../common/use-async.js";
import { ModelPair, type ModelPairProps } from "./model-pair.js";
import { COLOURS, type SidedEntity, type Side } from "./entities.js";

interface EntitiesPanelProps extends ModelPairProps {
  readonly text: string;
  readonly result: Async<unknown>;
  readonly entities: readonly SidedEntity[];
  readonly labels: readonly string[];
  onChoose(entity: SidedEntity): void;
}

type Filter = "all" | Side;
const SIDE_TEXTS = { all: "All", both: "Both", first: "A only", second: "B only" } as const;
const ROW = 52;

export function EntitiesPanel(props: EntitiesPanelProps) {
  const { text, models, second, result, entities, labels } = props;
  const [filter, setFilter] = useState<Filter>("all");
  const shown =
    second === null || filter === "all" ? entities : entities.filter(({ side }) => side === filter);
  if (models.length === 0)
    return (
      <Hint>
        No model of this server finds entities. Give <code>serve</code> one that was fine-tuned for named
        entities.
      </Hint>
    );
  const count = (side: Filter) =>
    side === "all" ? entities.length : entities.filter((entity) => entity.side === side).length;
  return (
    <>
      <ModelPair {...props} />
      {second !== null && (
        <Choice<Filter>
          label="Which entities"
          value={filter}
          onChoose={setFilter}
          options={(["all", "both", "first", "second"] as const).map((value) => ({
            value,
            text: `${SIDE_TEXTS[value]} ${count(value)}`,
          }))}
        />
      )}
      <StateLine result={result} busy="Reading the note" />
      {result.state === "done" && shown.length === 0 && <Hint>No entity.</Hint>}
      <Rows
        label={`${shown.length} entities`}
        items={shown}
        rowHeight={ROW}
        row={(item) => (
          <button type="button" class="row" onClick={() => props.onChoose(item)}>
            <span
              class={`swatch colour-${labels.indexOf(item.label) % COLOURS} side-${item.side}`}
              aria-hidden="true"
            />
            <span class="row-main">{text.slice(item.entity.start, item.entity.end)}</span>
            <span class="row-end">{item.entity.score.toFixed(2)}</span>
            <span class="row-sub">
              {item.label}
              {second !== null && item.side !== "both" && ` · ${SIDE_TEXTS[item.side]}`}
            </span>
            <span class="row-end">
              {item.entity.start}–{item.entity.end}
            </span>
          </button>
        )}
      />
    </>
  );
}
