/** @file A line chart as inline SVG: no script, no font, no file from outside; colours come from the page. */

export interface ChartLine {
  readonly label: string;
  /** Points in ascending x. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A horizontal line to compare with, for example a baseline. */
export interface ChartMark {
  readonly label: string;
  readonly y: number;
}

export interface ChartOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Default: from the lowest to the highest value. */
  readonly yRange?: readonly [low: number, high: number];
  readonly marks?: readonly ChartMark[];
}

const [WIDTH, HEIGHT] = [640, 300];
const MARGIN = { left: 56, right: 16, top: 34, bottom: 44 } as const;
const TICKS = 5;
/** Labels of lines beside each other, before they go on in another row. */
const LEGENDS_A_ROW = 3;
const LEGEND = { width: 160, height: 16 } as const;

/** An `<svg>` element with classes `line-0`, `line-1`, … for the page's style sheet. */
export function lineChart(lines: readonly ChartLine[], options: ChartOptions): string {
  const marks = options.marks ?? [];
  const rows = Math.max(1, Math.ceil(lines.length / LEGENDS_A_ROW));
  const top = MARGIN.top + (rows - 1) * LEGEND.height;
  const points = lines.flatMap((line) => line.points);
  const xs = points.map(([x]) => x);
  const ys = [...points.map(([, y]) => y), ...marks.map(({ y }) => y)];
  const [left, right] = spread(xs);
  const [low, high] = options.yRange ?? spread(ys);
  const x = (value: number): number =>
    MARGIN.left + ((value - left) / (right - left)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number): number =>
    HEIGHT - MARGIN.bottom - ((value - low) / (high - low)) * (HEIGHT - top - MARGIN.bottom);
  const parts = [
    ...ticks(low, high).map(
      (value) =>
        `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${px(y(value))}" y2="${px(y(value))}"/>` +
        text(MARGIN.left - 8, y(value) + 4, shortNumber(value), "end"),
    ),
    ...ticks(left, right).map((value) =>
      text(x(value), HEIGHT - MARGIN.bottom + 18, shortNumber(value), "middle"),
    ),
    text((WIDTH + MARGIN.left) / 2, HEIGHT - 8, options.xLabel, "middle"),
    text(MARGIN.left, 14, options.yLabel, "start"),
    ...marks.map(
      ({ label, y: value }) =>
        `<line class="mark" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${px(y(value))}" y2="${px(y(value))}"/>` +
        text(WIDTH - MARGIN.right, y(value) - 4, label, "end"),
    ),
    ...lines.map(
      (line, index) =>
        `<polyline class="line-${index}" points="${line.points.map(([a, b]) => `${px(x(a))},${px(y(b))}`).join(" ")}"/>`,
    ),
    ...lines.map((line, index) => legend(line.label, index)),
  ];
  const title = escapeHtml(options.title);
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}"><title>${title}</title>${parts.join("")}</svg>`;
}

/** Text that stands in HTML or in an attribute. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function legend(label: string, index: number): string {
  const left = MARGIN.left + 90 + (index % LEGENDS_A_ROW) * LEGEND.width;
  const y = 10 + Math.floor(index / LEGENDS_A_ROW) * LEGEND.height;
  return `<line class="line-${index}" x1="${left}" x2="${left + 22}" y1="${y}" y2="${y}"/>${text(left + 28, y + 4, label, "start")}`;
}

function text(x: number, y: number, content: string, anchor: "start" | "middle" | "end"): string {
  return `<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${escapeHtml(content)}</text>`;
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Lowest and highest value, never equal. */
function spread(values: readonly number[]): readonly [number, number] {
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (!(low <= high)) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** Round numbers inside [low, high], about `TICKS` of them. */
function ticks(low: number, high: number): number[] {
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}
