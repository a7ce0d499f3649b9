/** @file The view that follows training runs: which are there, and their curves over each other. */
import "uplot/dist/uPlot.min.css";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { RunInfo } from "../../src/server/api.js";
import { Hint } from "../common/parts.js";
import type { Theme } from "../common/theme.js";
import { Chart, lastValue, type ShownRun, type StepRange } from "./chart.js";
import { chartsFor } from "./series.js";
import { useRuns } from "./use-runs.js";

const COLOURS = 8;
/** Runs shown at first. */
const FIRST_SHOWN = 3;

export function RunsView({ theme }: { readonly theme: Theme }) {
  const [shown, setShown] = useState<ReadonlySet<string> | null>(null);
  const [range, setRange] = useState<StepRange>(null);
  const { runs, metrics, error } = useRuns(shown ?? new Set());
  useEffect(() => {
    if (shown === null && runs !== null) setShown(new Set(runs.slice(0, FIRST_SHOWN).map(({ id }) => id)));
  }, [runs, shown]);
  const colours = useColours(runs);
  const drawn = useMemo(
    () =>
      [...(shown ?? [])]
        .filter((id) => colours.has(id))
        .map((id): ShownRun => ({ id, colour: colours.get(id)!, lines: metrics.get(id) ?? [] })),
    [shown, colours, metrics],
  );
  const charts = useMemo(() => chartsFor(drawn.map(({ lines }) => lines)), [drawn]);
  const last = Math.max(1, ...drawn.map(({ lines }) => lines.at(-1)?.step ?? 1));
  const toggle = (id: string) => {
    const next = new Set(shown ?? []);
    if (!next.delete(id)) next.add(id);
    setShown(next);
  };
  return (
    <main id="main" tabIndex={-1} class="runs-view">
      <aside class="outline" aria-label="Runs">
        <h2 class="panel-title">Runs</h2>
        {error !== null && (
          <p class="failure" role="alert">
            {error.message}
          </p>
        )}
        {runs?.length === 0 && (
          <Hint>
            No run is here yet. Start <code>serve</code> with <code>--runs DIR</code>, and a run into that
            folder.
          </Hint>
        )}
        <ul class="run-list">
          {(runs ?? []).map((run) => (
            <RunRow
              key={run.id}
              run={run}
              colour={colours.get(run.id) ?? 0}
              shown={shown?.has(run.id) === true}
              onToggle={() => toggle(run.id)}
            />
          ))}
        </ul>
      </aside>
      <section class="charts-part" aria-label="Charts">
        <div class="toolbar">
          <h2>
            {range === null
              ? `Steps 0 to ${last.toLocaleString("en")}`
              : `Steps ${Math.round(range[0]).toLocaleString("en")} to ${Math.round(range[1]).toLocaleString("en")}`}
          </h2>
          <span class="quiet">Drag over a chart to zoom; double-click to see all.</span>
          <span class="toolbar-end">
            <button type="button" onClick={() => setRange(zoom(range, last, 0.5))}>
              Zoom in
            </button>
            <button type="button" disabled={range === null} onClick={() => setRange(zoom(range, last, 2))}>
              Zoom out
            </button>
            <button type="button" disabled={range === null} onClick={() => setRange(pan(range, last, -0.5))}>
              Earlier
            </button>
            <button type="button" disabled={range === null} onClick={() => setRange(pan(range, last, 0.5))}>
              Later
            </button>
            <button type="button" disabled={range === null} onClick={() => setRange(null)}>
              All steps
            </button>
          </span>
        </div>
        <div class="charts">
          {charts.map((spec) => (
            <Chart key={spec.title} spec={spec} runs={drawn} range={range} theme={theme} onRange={setRange} />
          ))}
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reached by the keyboard */}
        <section class="run-table" aria-label="Last values" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Run</th>
                <th scope="col">Step</th>
                {charts.map(({ title }) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {drawn.map(({ id, lines }) => (
                <tr key={id}>
                  <th scope="row">{id}</th>
                  <td>{(lines.at(-1)?.step ?? 0).toLocaleString("en")}</td>
                  {charts.map((spec) => (
                    <td key={spec.title}>{lastValue(lines, spec)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </section>
    </main>
  );
}

interface RunRowProps {
  readonly run: RunInfo;
  readonly colour: number;
  readonly shown: boolean;
  onToggle(): void;
}

function RunRow({ run: { id, step, steps, finished }, colour, shown, onToggle }: RunRowProps) {
  return (
    <li>
      <label class="check run">
        <input type="checkbox" checked={shown} onChange={onToggle} />
        <span class={`run-swatch run-${colour}`} aria-hidden="true" />
        <span class="row-main">{id}</span>
        <span class="row-sub">
          {step.toLocaleString("en")}
          {steps !== null && ` of ${steps.toLocaleString("en")}`} steps ·{" "}
          {finished ? "finished" : "running or stopped"}
        </span>
      </label>
    </li>
  );
}

/** A run keeps its colour while the page is open, also when newer ones come. */
function useColours(runs: readonly RunInfo[] | null): ReadonlyMap<string, number> {
  const [colours] = useState(() => new Map<string, number>());
  for (const { id } of runs ?? []) if (!colours.has(id)) colours.set(id, colours.size % COLOURS);
  return colours;
}

const LEAST_STEPS = 5;

function zoom(range: StepRange, last: number, factor: number): StepRange {
  const [from, to] = range ?? [0, last];
  const middle = (from + to) / 2;
  const half = Math.max(LEAST_STEPS, ((to - from) * factor) / 2);
  const next = [Math.max(0, middle - half), Math.min(last, middle + half)] as const;
  return next[0] === 0 && next[1] === last ? null : next;
}

function pan(range: StepRange, last: number, share: number): StepRange {
  if (range === null) return null;
  const width = range[1] - range[0];
  const from = Math.min(Math.max(0, range[0] + share * width), Math.max(0, last - width));
  return [from, from + width];
}
