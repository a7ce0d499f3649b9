/** @file One chart of several runs over their steps. All charts of the view share one range of steps. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { MetricsLine } from "../../src/server/api.js";
import type { Theme } from "../common/theme.js";
import { alignSeries, type ChartSpec } from "./series.js";

export interface ShownRun {
  readonly id: string;
  /** Index of its colour. */
  readonly colour: number;
  readonly lines: readonly MetricsLine[];
}

/** Steps that are shown; `null` is all of them. */
export type StepRange = readonly [number, number] | null;

interface ChartProps {
  readonly spec: ChartSpec;
  readonly runs: readonly ShownRun[];
  readonly range: StepRange;
  readonly theme: Theme;
  onRange(range: StepRange): void;
}

const HEIGHT = 220;
/** Patterns of lines tell runs apart without colours. */
const DASHES = [[], [6, 3], [2, 3], [9, 3, 2, 3]];

export function Chart({ spec, runs, range, theme, onRange }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const told = useRef(onRange);
  told.current = onRange;
  const shape = runs.map(({ id, colour }) => `${id} ${colour}`).join("\n");

  useEffect(() => {
    const box = place.current!;
    const style = getComputedStyle(box);
    const colour = (name: string) => resolveColour(box, style.getPropertyValue(name));
    const axis: uPlot.Axis = {
      stroke: colour("--quiet"),
      font: `12px ${style.fontFamily}`,
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { stroke: colour("--line"), width: 1 },
    };
    const made = new uPlot(
      {
        width: box.clientWidth,
        height: HEIGHT,
        scales: { x: { time: false } },
        cursor: { sync: { key: "runs" }, drag: { x: true, y: false } },
        legend: { show: false },
        axes: [
          { ...axis, size: 34 },
          { ...axis, size: 72, values: (_, values) => values.map((value) => shortNumber(value)) },
        ],
        series: [
          {},
          ...runs.map(({ id, colour: index }) => ({
            label: id,
            stroke: colour(`--run-${index}`),
            width: 1.75,
            dash: DASHES[Math.floor(index / 4) % DASHES.length]!,
            spanGaps: true,
          })),
        ],
        hooks: {
          setSelect: [
            (chart) => {
              const { left, width } = chart.select;
              if (width > 3) told.current([chart.posToVal(left, "x"), chart.posToVal(left + width, "x")]);
            },
          ],
        },
      },
      [[], ...runs.map(() => [])],
      box,
    );
    made.over.addEventListener("dblclick", () => told.current(null));
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height: HEIGHT }));
    observer.observe(box);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [shape, theme]);

  useEffect(() => {
    const chart = plot.current!;
    const data = alignSeries(
      runs.map(({ lines }) => lines),
      spec.names,
    );
    chart.batch(() => {
      chart.setData(data as uPlot.AlignedData, range === null);
      if (range !== null) chart.setScale("x", { min: range[0], max: range[1] });
    });
  }, [runs, range, spec, shape, theme]);

  return (
    <figure class="chart">
      <figcaption>{spec.title}</figcaption>
      <div class="plot" ref={place} aria-hidden="true" />
      <table class="unseen">
        <caption>{spec.title}, last value of each run</caption>
        <tbody>
          {runs.map(({ id, lines }) => (
            <tr key={id}>
              <th scope="row">{id}</th>
              <td>{lastValue(lines, spec)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

/** The last number that a run has for a chart, as text. */
export function lastValue(lines: readonly MetricsLine[], { names, format }: ChartSpec): string {
  for (let at = lines.length - 1; at >= 0; at--) {
    const value = names.map((name) => lines[at]![name]).find((found) => typeof found === "number");
    if (typeof value === "number") return format(value);
  }
  return "–";
}

function shortNumber(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(0);
  return String(Number(value.toPrecision(4)));
}

/** A canvas knows no `light-dark()`: the browser is asked what it is here. */
function resolveColour(box: HTMLElement, value: string): string {
  const probe = document.createElement("span");
  probe.style.color = value;
  box.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
