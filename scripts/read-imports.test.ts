import { expect, test } from "vitest";
import { blankLiterals, readImports } from "./read-imports.js";

const summary = (code: string) =>
  readImports(code).map(({ line, target, typeOnly }) => `${line}:${target}${typeOnly ? ":type" : ""}`);

test.each([
  ['import a from "./a.js";', ["1:./a.js"]],
  ['import "./a.js";', ["1:./a.js"]],
  ['import"./a.js"', ["1:./a.js"]],
  ["import * as a from './a.js'", ["1:./a.js"]],
  ['import a, { type B } from "./a.js";', ["1:./a.js"]],
  ['import { type A } from "./a.js";', ["1:./a.js"]],
  ['import {\n  a,\n  type B,\n} from "./a.js";', ["1:./a.js"]],
  ['import{a}from"./a.js"', ["1:./a.js"]],
  ['import type { A } from "./a.js";', ["1:./a.js:type"]],
  ['import type A from "./a.js";', ["1:./a.js:type"]],
  ['import type from "./a.js";', ["1:./a.js"]],
  ['export * from "./a.js";', ["1:./a.js"]],
  ['export * as a from "./a.js";', ["1:./a.js"]],
  ['export { a,\n b } from "./a.js";', ["1:./a.js"]],
  ['export type { A } from "./a.js";', ["1:./a.js:type"]],
  ['export type * from "./a.js";', ["1:./a.js:type"]],
  ['const a = await import("./a.js");', ["1:./a.js"]],
  ['const load = () => import(\n  "./a.js"\n);', ["1:./a.js"]],
  ['type A = import("./a.js").A;', ["1:./a.js:type"]],
  ['type A = typeof import("./a.js");', ["1:./a.js:type"]],
  ["await import(name);", ["1:null"]],
  ['\n\nimport a from "./a.js"; import b from "./b.js";', ["3:./a.js", "3:./b.js"]],
])("%j", (code, expected) => {
  expect(summary(code)).toEqual(expected);
});

test.each([
  "const text = \"\\nimport a from './a.js'\";",
  `const text = \`\nimport a from './a.js';\n\${1 + 1}\nimport b from './b.js';\`;`,
  '// import a from "./a.js"',
  '/*\nimport a from "./a.js";\n*/',
  'const found = /import a from "x"/.test(text);',
  'export const from = "./a.js";',
  'export default "./a.js";',
  "const url = import.meta.url;",
  'loader.import("./a.js");',
  'const important = { from: "./a.js" };',
  "const half = a / b; const text = \"import c from './d.js'\"; const rest = c / d;",
])("no import in %j", (code) => {
  expect(summary(code)).toEqual([]);
});

test("code inside a template's braces is code", () => {
  expect(
    summary(`const a = \`x \${(await import("./a.js")).b} "\${\`\${c}\`}" y\`; import d from "./d.js";`),
  ).toEqual(["1:./d.js", "1:./a.js"]);
});

test("blanking keeps the length and the lines", () => {
  const code = `const a = /["']/g; // it's\nconst b = \`"\${a ? "}" : \`}\`}"\`;\nlet c = '\\'';`;
  const blanked = blankLiterals(code);
  expect(blanked).toHaveLength(code.length);
  expect(blanked.split("\n").map((line) => line.length)).toEqual(code.split("\n").map((line) => line.length));
  expect(blanked).toContain("let c = '  ';");
});
