/**
 * @file Checks imports under src/ against the layer table of docs/architecture.md. Fails on a folder that the table does
 * not list, an upward import, a value import that the table does not allow, a cycle of value imports between files, and
 * a `node:` module or package reachable from src/browser.ts.
 *
 * Usage: node --import tsx scripts/check-layers.ts [ROOT]
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Import, readImports } from "./read-imports.js";

interface Layer {
  readonly name: string;
  readonly level: number;
  readonly allowed: ReadonlySet<string> | "all lower";
}

interface FileImport extends Import {
  readonly file: string;
}

/** Re-export everything, belong to no layer. */
const ENTRY_POINTS = new Set(["index.ts", "browser.ts"]);

export function checkLayers(root: string): string[] {
  const source = join(root, "src");
  const layers = readLayerTable(readFileSync(join(root, "docs/architecture.md"), "utf8"));
  const files = listFiles(source).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  const imports = files.flatMap((file) =>
    readImports(readFileSync(file, "utf8")).map((entry) => ({ ...entry, file })),
  );
  return [
    ...checkFolders(source, files, layers),
    ...imports.flatMap((entry) => checkImport(source, entry, layers)),
    ...findCycles(source, files, imports),
    ...checkBrowser(source, imports),
  ];
}

function readLayerTable(text: string): Map<string, Layer> {
  const layers = new Map<string, Layer>();
  for (const row of text.matchAll(/^\| `src\/([\w.-]+)\/?` \| (\d+) \| .* \| ([^|]+) \|$/gm)) {
    const name = row[1]!.replace(/\.ts$/, "");
    const list = row[3]!.trim();
    const allowed = list === "all lower" ? list : new Set(list === "-" ? [] : list.split(/,\s*/));
    layers.set(name, { name, level: Number(row[2]), allowed });
  }
  if (layers.size === 0) throw new Error("docs/architecture.md has no layer table.");
  return layers;
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? listFiles(path) : [path];
  });
}

function targetFile(entry: FileImport): string | null {
  if (!entry.target?.startsWith(".")) return null;
  return resolve(dirname(entry.file), entry.target.replace(/\.js$/, ".ts"));
}

function folderOf(source: string, file: string): string {
  return relative(source, file).split(/[\\/]/)[0]!.replace(/\.ts$/, "");
}

function checkFolders(source: string, files: readonly string[], layers: Map<string, Layer>): string[] {
  const unknown = new Set(
    files.filter((file) => !ENTRY_POINTS.has(relative(source, file))).map((file) => folderOf(source, file)),
  );
  for (const name of layers.keys()) unknown.delete(name);
  return [...unknown].map((name) => `src/${name} is not in the layer table of docs/architecture.md.`);
}

function checkImport(source: string, entry: FileImport, layers: Map<string, Layer>): string[] {
  const from = relative(source, entry.file);
  const to = targetFile(entry);
  const where = `src/${from}:${entry.line}`;
  if (entry.target === null) return [`${where} imports a computed name, which cannot be checked.`];
  if (to === null || ENTRY_POINTS.has(from)) return [];
  if (!existsSync(to)) return [`${where} imports ${entry.target}, which does not exist.`];
  if (ENTRY_POINTS.has(relative(source, to)))
    return [`${where} imports an entry point; import the folder instead.`];
  const importer = layers.get(folderOf(source, entry.file));
  const imported = layers.get(folderOf(source, to));
  if (importer === undefined || imported === undefined || importer === imported) return [];
  if (imported.level > importer.level || (imported.level === importer.level && imported.level > 0))
    return [
      `${where} imports upward or sideways: ${importer.name} (${importer.level}) -> ${imported.name} (${imported.level}).`,
    ];
  const listed =
    importer.allowed === "all lower" || importer.allowed.has(imported.name) || imported.level === 0;
  if (!entry.typeOnly && !listed)
    return [`${where} imports a value of ${imported.name}, which the table does not allow.`];
  return [];
}

/** Cycles of static and dynamic value imports between files (depth-first search; each cycle once). */
function findCycles(source: string, files: readonly string[], imports: readonly FileImport[]): string[] {
  const edges = new Map<string, string[]>(files.map((file) => [file, []]));
  for (const entry of imports) {
    const to = targetFile(entry);
    if (to !== null && !entry.typeOnly) edges.get(entry.file)!.push(to);
  }
  const problems: string[] = [];
  const state = new Map<string, "open" | "done">();
  const visit = (file: string, path: readonly string[]): void => {
    state.set(file, "open");
    for (const next of edges.get(file) ?? []) {
      if (state.get(next) === "open") {
        const cycle = [...path.slice(path.indexOf(next)), next].map((name) => relative(source, name));
        problems.push(`cycle of value imports: ${cycle.join(" -> ")}`);
      } else if (!state.has(next)) visit(next, [...path, next]);
    }
    state.set(file, "done");
  };
  for (const file of files) if (!state.has(file)) visit(file, [file]);
  return problems;
}

/** Packages that run in a browser as they are. Everything else, `node:` modules first of all, does not. */
const BROWSER_PACKAGES = new Set(["onnxruntime-web", "onnxruntime-common"]);

function checkBrowser(source: string, imports: readonly FileImport[]): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const entry of imports.filter((candidate) => candidate.file === file && !candidate.typeOnly)) {
      const to = targetFile(entry);
      if (to !== null) visit(to, [...path, relative(source, to)]);
      else if (entry.target !== null && isForeignToBrowsers(entry.target))
        problems.push(
          `clinicalbert/browser reaches ${entry.target} by ${path.join(" -> ")} (line ${entry.line}).`,
        );
    }
  };
  const entry = join(source, "browser.ts");
  if (existsSync(entry)) visit(entry, ["browser.ts"]);
  return problems;
}

function isForeignToBrowsers(target: string): boolean {
  const name = target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
  return !BROWSER_PACKAGES.has(name);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const problems = checkLayers(process.argv[2] ?? process.cwd());
  for (const problem of problems) console.error(problem);
  console.log(problems.length === 0 ? "layers: ok" : `layers: ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
