/** @file The panel that lists entities: the models that find them, what two models agree on, where each entity stands. */
import { useState } from "preact/hooks";
import type { ModelInfo } from "../../src/server/api.js";
import { Choice, Hint, ModelSelect, StateLine } from "../common/parts.js";
import { Rows } from "../common/rows.js";
import type { Async } from "../common/use-async.js";
import { COLOURS, type SidedEntity, type Side } from "./entities.js";

interface EntitiesPanelProps {
  readonly text: string;
  readonly models: readonly ModelInfo[];
  readonly first: ModelInfo | null;
  readonly second: ModelInfo | null;
  readonly result: Async<unknown>;
  readonly entities: readonly SidedEntity[];
  readonly labels: readonly string[];
  onFirst(model: ModelInfo | null): void;
  onSecond(model: ModelInfo | null): void;
  onChoose(entity: SidedEntity): void;
}

type Filter = "all" | Side;
const SIDE_TEXTS = { all: "All", both: "Both", first: "A only", second: "B only" } as const;
const ROW = 52;

export function EntitiesPanel(props: EntitiesPanelProps) {
  const { text, models, first, second, result, entities, labels } = props;
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
      <div class="controls">
        <ModelSelect
          label={second === null ? "Model" : "Model A"}
          models={models}
          value={first}
          onChoose={props.onFirst}
        />
        <ModelSelect
          label={second === null ? "Compare with" : "Model B"}
          models={models.filter((model) => model !== first)}
          value={second}
          none="no other model"
          onChoose={props.onSecond}
        />
      </div>
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
