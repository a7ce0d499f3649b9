import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { checkLayers } from "./check-layers.js";

const folder = mkdtempSync(join(tmpdir(), "layers-"));
afterAll(() => rmSync(folder, { recursive: true }));

const TABLE = `| folder | layer | what lives there | imports |
|---|---|---|---|
| \`src/errors.ts\` | 0 | errors | - |
| \`src/util/\` | 0 | helpers | - |
| \`src/notes/\` | 1 | notes; a | b | - |
| \`src/graph/\` | 1 | ops | - |
| \`src/tokens/\` | 2 | tokens | notes |
| \`src/tasks/\` | 5 | tasks | all lower |
`;

const SOUND = {
  "src/errors.ts": "export const e = 1;",
  "src/util/lines.ts": 'import { e } from "../errors.js";\nexport const l = e;',
  "src/notes/note.ts": 'import { l } from "../util/lines.js";\nexport const n = l;',
  "src/graph/op.ts": 'import type { N } from "./type.js";\nexport const o: N = 1;',
  "src/graph/type.ts": 'import type { o } from "./op.js";\nexport type N = typeof o;',
  "src/tokens/token.ts": 'import { n } from "../notes/note.js";\nexport const t = n;',
  "src/tasks/task.ts":
    'import { o } from "../graph/op.js";\nexport const x = () => import("../tokens/token.js");\nexport { o };',
  "src/browser.ts": 'export * from "./tokens/token.js";\nexport * from "onnxruntime-web/wasm";',
  "src/index.ts": 'export * from "./tasks/task.js";',
};

let count = 0;

function plant(changes: Readonly<Record<string, string>>): string {
  const root = join(folder, String(count++));
  for (const [path, text] of Object.entries({ "docs/architecture.md": TABLE, ...SOUND, ...changes })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

test("a sound tree has no problems, this repository among them", () => {
  expect(checkLayers(plant({}))).toEqual([]);
  expect(checkLayers(fileURLToPath(new URL("..", import.meta.url)))).toEqual([]);
});

test.each([
  [
    "an upward import",
    { "src/notes/up.ts": 'import {\n  t,\n} from "../tokens/token.js";' },
    "src/notes/up.ts:1 imports upward or sideways: notes (1) -> tokens (2).",
  ],
  [
    "an upward type",
    { "src/notes/up.ts": '\nimport type { T } from "../tokens/token.js";' },
    "src/notes/up.ts:2 imports upward or sideways: notes (1) -> tokens (2).",
  ],
  [
    "an upward dynamic import",
    { "src/notes/up.ts": 'await import("../tokens/token.js");' },
    "src/notes/up.ts:1 imports upward or sideways: notes (1) -> tokens (2).",
  ],
  [
    "an upward re-export",
    { "src/notes/up.ts": 'export * from "../tokens/token.js";' },
    "src/notes/up.ts:1 imports upward or sideways: notes (1) -> tokens (2).",
  ],
  [
    "an upward side effect",
    { "src/notes/up.ts": 'import "../tokens/token.js";' },
    "src/notes/up.ts:1 imports upward or sideways: notes (1) -> tokens (2).",
  ],
  [
    "a sideways import",
    { "src/notes/side.ts": 'import { o } from "../graph/op.js";' },
    "src/notes/side.ts:1 imports upward or sideways: notes (1) -> graph (1).",
  ],
  [
    "a value that the table does not list",
    { "src/tokens/other.ts": 'import { o } from "../graph/op.js";' },
    "src/tokens/other.ts:1 imports a value of graph, which the table does not allow.",
  ],
  [
    "a type that hides as an import of nothing",
    { "src/tokens/other.ts": 'import { type N } from "../graph/type.js";' },
    "src/tokens/other.ts:1 imports a value of graph, which the table does not allow.",
  ],
  [
    "a cycle between files",
    {
      "src/notes/a.ts": 'import "./b.js";',
      "src/notes/b.ts": 'import "./c.js";',
      "src/notes/c.ts": 'export * from "./a.js";',
    },
    "cycle of value imports: notes/a.ts -> notes/b.ts -> notes/c.ts -> notes/a.ts",
  ],
  [
    "a folder outside the table",
    { "src/extra/x.ts": "export {};" },
    "src/extra is not in the layer table of docs/architecture.md.",
  ],
  [
    "a missing file",
    { "src/notes/a.ts": 'import "./gone.js";' },
    "src/notes/a.ts:1 imports ./gone.js, which does not exist.",
  ],
  [
    "an entry point",
    { "src/tasks/a.ts": 'import "../index.js";' },
    "src/tasks/a.ts:1 imports an entry point; import the folder instead.",
  ],
  [
    "a computed import",
    { "src/tasks/a.ts": "await import(process.argv[2]);" },
    "src/tasks/a.ts:1 imports a computed name, which cannot be checked.",
  ],
  [
    "a node module in the browser",
    {
      "src/notes/note.ts": 'export * from "./files.js";',
      "src/notes/files.ts": 'import { open } from "node:fs";\nexport const n = open;',
    },
    "clinicalbert/browser reaches node:fs by browser.ts -> tokens/token.ts -> notes/note.ts -> notes/files.ts (line 1).",
  ],
  [
    "a native package in the browser",
    { "src/tokens/token.ts": 'await import("onnxruntime-node");' },
    "clinicalbert/browser reaches onnxruntime-node by browser.ts -> tokens/token.ts (line 1).",
  ],
])("%s is found", (_, changes, problem) => {
  expect(checkLayers(plant(changes as Record<string, string>))).toEqual([problem]);
});

test.each([
  [
    "a type that the table does not list",
    { "src/tokens/other.ts": 'import type { N } from "../graph/type.js";' },
  ],
  [
    "a node module that the browser does not reach",
    { "src/notes/files.ts": 'import { open } from "node:fs";\nexport const n = open;' },
  ],
  [
    "a node type in the browser",
    { "src/tokens/token.ts": 'import type { Stats } from "node:fs";\nexport type S = Stats;' },
  ],
  ["a test that looks upward", { "src/notes/note.test.ts": 'import "../tokens/token.js";' }],
  [
    "a text that looks like an import",
    { "src/notes/text.ts": 'export const t = `\nimport "../tokens/token.js";`;' },
  ],
])("%s is allowed", (_, changes) => {
  expect(checkLayers(plant(changes as Record<string, string>))).toEqual([]);
});

test("a document without a table is refused, and the script ends with 1 where it finds something", () => {
  expect(() => checkLayers(plant({ "docs/architecture.md": "# none" }))).toThrow("no layer table");
  const script = fileURLToPath(new URL("check-layers.ts", import.meta.url));
  const root = plant({ "src/notes/up.ts": 'import "../tokens/token.js";' });
  const { status, stderr, stdout } = spawnSync(process.execPath, ["--import", "tsx", script, root], {
    encoding: "utf8",
  });
  expect([status, stdout]).toEqual([1, "layers: 1 problems\n"]);
  expect(stderr).toContain("src/notes/up.ts:1 imports upward");
});
