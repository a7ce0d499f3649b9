/** @file The README.md of an exported model: what it is, where it came from, how to load it. Never a text of a note. */

export interface ModelCard {
  readonly title: string;
  readonly architecture: string;
  /** What the weights came from: a path's last part, a hub id with its commit, or a run. */
  readonly origin: string;
  /** Facts in order, e.g. from a training recipe and its data manifest: name and value. */
  readonly facts: readonly (readonly [name: string, value: string | number | boolean])[];
  /** Files beside the card, in the order in which they are listed. */
  readonly files: readonly string[];
  readonly lowercase: boolean;
}

export function formatModelCard({ title, architecture, origin, facts, files, lowercase }: ModelCard): string {
  const rows = facts.map(([name, value]) => `| ${cell(name)} | ${cell(String(value))} |`);
  return [
    "---",
    "library_name: transformers",
    "language: en",
    "tags:",
    "- bert",
    "- clinical",
    "---",
    "",
    `# ${title}`,
    "",
    `\`${architecture}\` from ${cell(origin)}, ${WRITTEN_BY} The model is **${lowercase ? "uncased" : "cased"}**; the tokenizer files say so.`,
    "",
    ...(rows.length === 0 ? [] : ["| | |", "|---|---|", ...rows, ""]),
    "## Load it",
    "",
    "```js",
    'import { pipeline } from "clinicalbert"; // or from "@huggingface/transformers"',
    'const extract = await pipeline("feature-extraction", "path/of/this/folder");',
    'const features = await extract("No acute distress.", { pooling: "mean" });',
    "```",
    "",
    "```python",
    "from transformers import AutoModel, AutoTokenizer",
    'tokenizer = AutoTokenizer.from_pretrained("path/of/this/folder")',
    'model = AutoModel.from_pretrained("path/of/this/folder")',
    "```",
    "",
    "## Files",
    "",
    ...files.map((file) => `- \`${file}\``),
    "",
  ].join("\n");
}

const WRITTEN_BY = "written by clinicalbert.";

/** The facts of a card that `formatModelCard` wrote, so that a converted model keeps its recipe; none of another's card. */
export function factsOfCard(card: string): [name: string, value: string][] {
  if (!card.includes(WRITTEN_BY)) return [];
  const table = card.split("|---|---|\n")[1]?.split("\n\n")[0] ?? "";
  return [...table.matchAll(/^\| ([^|]+) \| ([^|]*) \|$/gm)].map(([, name, value]) => [name!, value!]);
}

/** One line, no table or HTML in it. */
function cell(text: string): string {
  return text.replace(/[\r\n|<>]/g, " ").slice(0, 500);
}
