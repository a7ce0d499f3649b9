/** @file The panel that draws the attention of one head between the words of a sentence. */
import { useMemo, useState } from "preact/hooks";
import type { ModelInfo } from "../../src/server/api.js";
import type { Backend } from "../api/backend.js";
import { Hint, ModelSelect, StateLine } from "../common/parts.js";
import { useAsync } from "../common/use-async.js";
import { toWords, type WordAttention } from "./attention-words.js";

interface AttentionPanelProps {
  /** The sentence that holds the chosen word. */
  readonly sentence: string | null;
  readonly models: readonly ModelInfo[];
  readonly model: ModelInfo | null;
  readonly backend: Backend;
  onModel(model: ModelInfo | null): void;
}

/** Weights below this are not drawn. */
const LEAST = 0.03;
const ROW = 22;
const WIDTH = 300;
const COLUMN = 110;

export function AttentionPanel({ sentence, models, model, backend, onModel }: AttentionPanelProps) {
  const [layer, setLayer] = useState(0);
  const [head, setHead] = useState(0);
  const [special, setSpecial] = useState(false);
  /** The word under the pointer or the focus; all lines are drawn without one. */
  const [chosen, setChosen] = useState<number | null>(null);
  const place =
    model === null
      ? null
      : { layer: Math.min(layer, model.layers - 1), head: Math.min(head, model.heads - 1) };
  const result = useAsync(
    sentence === null || model === null || place === null
      ? null
      : (signal) => backend.attention(model, sentence, place, signal),
    [sentence, model, place?.layer, place?.head, backend],
  );
  const words = useMemo(
    () => (result.state === "done" && sentence !== null ? toWords(sentence, result.value) : null),
    [result, sentence],
  );
  if (model === null || place === null) return <Hint>The server has no model.</Hint>;
  return (
    <>
      <div class="controls">
        <ModelSelect label="Model" models={models} value={model} onChoose={onModel} />
        <NumberSelect label="Layer" count={model.layers} value={place.layer} onChoose={setLayer} />
        <NumberSelect label="Head" count={model.heads} value={place.head} onChoose={setHead} />
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={special}
          onChange={({ currentTarget }) => setSpecial(currentTarget.checked)}
        />
        <span>[CLS] and [SEP] too</span>
      </label>
      <StateLine result={result} busy="Running the sentence" />
      {sentence === null ? (
        <Hint>
          Choose a word of the note: the sentence around it is drawn, each word on the left with the words it
          attends to.
        </Hint>
      ) : (
        words !== null && <Drawing attention={words} special={special} chosen={chosen} onChosen={setChosen} />
      )}
    </>
  );
}

interface NumberSelectProps {
  readonly label: string;
  readonly count: number;
  readonly value: number;
  onChoose(value: number): void;
}

/** Layers and heads are counted from 1 for people. */
function NumberSelect({ label, count, value, onChoose }: NumberSelectProps) {
  return (
    <label class="field narrow">
      <span>{label}</span>
      <select value={value} onChange={({ currentTarget }) => onChoose(Number(currentTarget.value))}>
        {Array.from({ length: count }, (_, index) => (
          <option key={index} value={index}>
            {index + 1}
          </option>
        ))}
      </select>
    </label>
  );
}

interface DrawingProps {
  readonly attention: WordAttention;
  readonly special: boolean;
  readonly chosen: number | null;
  onChosen(word: number | null): void;
}

function Drawing({ attention: { words, weights }, special, chosen, onChosen }: DrawingProps) {
  const shown = words.flatMap((word, index) => (special || !word.special ? [index] : []));
  const rowOf = new Map(shown.map((index, row) => [index, row]));
  const y = (index: number) => rowOf.get(index)! * ROW + ROW / 2;
  const best =
    chosen === null || weights[chosen] === undefined
      ? []
      : shown
          .map((to) => ({ to, weight: weights[chosen]![to]! }))
          .sort((a, b) => b.weight - a.weight)
          .slice(0, 3);
  return (
    <>
      <p class="state-line" role="status">
        {best.length > 0 &&
          `${words[chosen!]!.text} attends to ${best.map(({ to, weight }) => `${words[to]!.text} ${weight.toFixed(2)}`).join(", ")}`}
      </p>
      <div class="scroll attention">
        <div class="attention-words">
          {shown.map((index) => (
            <button
              key={index}
              type="button"
              aria-pressed={chosen === index}
              onClick={() => onChosen(index)}
              onMouseEnter={() => onChosen(index)}
              onMouseLeave={() => onChosen(null)}
              onFocus={() => onChosen(index)}
              onBlur={() => onChosen(null)}
            >
              {words[index]!.text}
            </button>
          ))}
        </div>
        <svg
          width={WIDTH - 2 * COLUMN}
          height={shown.length * ROW}
          viewBox={`0 0 ${WIDTH - 2 * COLUMN} ${shown.length * ROW}`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          {shown.flatMap((from) =>
            shown.map((to) => {
              const weight = weights[from]![to]!;
              if (weight < LEAST || (chosen !== null && chosen !== from)) return null;
              return (
                <line
                  key={`${from} ${to}`}
                  x1={0}
                  x2={WIDTH - 2 * COLUMN}
                  y1={y(from)}
                  y2={y(to)}
                  stroke-opacity={Math.min(1, weight * 1.2)}
                />
              );
            }),
          )}
        </svg>
        <div class="attention-words right" aria-hidden="true">
          {shown.map((index) => (
            <span key={index} class={best.some(({ to }) => to === index) ? "best" : undefined}>
              {words[index]!.text}
            </span>
          ))}
        </div>
      </div>
    </>
  );
}
