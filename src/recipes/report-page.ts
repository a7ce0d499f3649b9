/** @file The frame of every report: one HTML page that loads nothing, in light or dark, and the parts that reports share. */
import { createHash } from "node:crypto";
import { escapeHtml } from "./line-chart.js";

/** The page around `body`, which is HTML. Its policy lets nothing in but its own style: no script, no address. */
export function reportPage(title: string, body: string): string {
  const digest = createHash("sha256").update(STYLE).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

/** `rows` are HTML. */
export function htmlTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: "th" | "td"): string =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
  return `<div class="wide"><table><thead>${line(head, "th")}</thead><tbody>${rows.map((row) => line(row, "td")).join("\n")}</tbody></table></div>`;
}

export function htmlPercent(share: number): string {
  return `${(100 * share).toFixed(1)}&nbsp;%`;
}

/** How many lines of a chart the style has colours for. */
export const LINE_COLOURS = 6;

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --rule: #d5dbe3; --paper: #ffffff; --c0: #1f5fa8; --c1: #b4540a; --c2: #1d7a3e; --c3: #8a3ba8; --c4: #a81f4b; --c5: #5a6b1a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa6b5; --rule: #384250; --paper: #14181e; --c0: #7ab6f5; --c1: #f0a35e; --c2: #6fd08f; --c3: #d09af0; --c4: #f58aa8; --c5: #c6d46a; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--rule); }
th { color: var(--soft); font-weight: 600; }
.note, small { color: var(--soft); }
svg { width: 100%; height: auto; }
svg text { fill: var(--soft); font-size: 12px; }
svg .grid { stroke: var(--rule); }
svg .mark { stroke: var(--soft); stroke-dasharray: 4 4; }
svg polyline, svg line { fill: none; stroke-width: 2; }
svg .grid, svg .mark { stroke-width: 1; }
svg .line-0 { stroke: var(--c0); } svg .line-1 { stroke: var(--c1); } svg .line-2 { stroke: var(--c2); }
svg .line-3 { stroke: var(--c3); } svg .line-4 { stroke: var(--c4); } svg .line-5 { stroke: var(--c5); }
li { margin-bottom: .6rem; }
`;
