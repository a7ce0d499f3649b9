/** @file Small parts that every view uses. */
import type { ComponentChildren } from "preact";
import type { ModelInfo, ModelTask } from "../../src/server/api.js";
import type { Async } from "./use-async.js";

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: T; readonly text: string; readonly title?: string }[];
  readonly value: T;
  onChoose(value: T): void;
}

/** A few options of which one holds, side by side. */
export function Choice<T extends string>({ label, options, value, onChoose }: ChoiceProps<T>) {
  return (
    <fieldset class="choice">
      <legend class="unseen">{label}</legend>
      {options.map((option) => (
        <label key={option.value} title={option.title}>
          <input
            type="radio"
            class="unseen"
            name={label}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChoose(option.value)}
          />
          <span>{option.text}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface ModelSelectProps {
  readonly label: string;
  readonly models: readonly ModelInfo[];
  readonly value: ModelInfo | null;
  /** Text of the entry that chooses no model; absent when one must be chosen. */
  readonly none?: string;
  onChoose(model: ModelInfo | null): void;
}

export function ModelSelect({ label, models, value, none, onChoose }: ModelSelectProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={value?.id ?? ""}
        onChange={({ currentTarget }) =>
          onChoose(models.find(({ id }) => id === currentTarget.value) ?? null)
        }
      >
        {none !== undefined && <option value="">{none}</option>}
        {models.map(({ id }) => (
          <option key={id} value={id}>
            {id}
          </option>
        ))}
      </select>
    </label>
  );
}

export function modelsFor(models: readonly ModelInfo[], task: ModelTask): readonly ModelInfo[] {
  return models.filter(({ tasks }) => tasks.includes(task));
}

/** What stands in a panel while there is nothing to show. */
export function Hint({ children }: { readonly children: ComponentChildren }) {
  return <p class="hint">{children}</p>;
}

/** Busy and failed states of a result, in a line that is always there, so that nothing below it moves. */
export function StateLine({ result, busy }: { readonly result: Async<unknown>; readonly busy: string }) {
  const failed = result.state === "failed";
  return (
    <p class={failed ? "state-line failed" : "state-line"} role={failed ? "alert" : "status"}>
      {result.state === "busy" && (
        <>
          <span class="spinner" aria-hidden="true" /> {busy}
        </>
      )}
      {failed && result.error.message}
    </p>
  );
}

/** A bar for a probability, beside its number. */
export function Meter({ value }: { readonly value: number }) {
  return (
    <span class="meter" aria-hidden="true">
      <span class="meter-fill" style={{ inlineSize: `${(100 * value).toFixed(1)}%` }} />
    </span>
  );
}
