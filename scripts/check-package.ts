/**
 * @file Packs the package, installs the tarball in an empty folder as a user on a closed network does (no install scripts), and
 * proves that the command line, every subpath of `exports` and their types work from there.
 *
 * Usage: node --import tsx scripts/check-package.ts
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

const root = resolve(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
/** Of the tarball, in bytes: the WebAssembly of the page is most of it. */
const LARGEST = 14_000_000;
const folder = mkdtempSync(join(tmpdir(), "package-"));

try {
  const tarball = pack();
  run("npm", ["init", "--yes"], folder);
  run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", tarball], folder);
  checkCommandLine();
  checkImports();
  checkTypes();
  console.log("package: ok");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(" ")} ended with ${status}\n${error ?? ""}${stdout}${stderr}`);
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`package: ${what}`);
}

/** The tarball holds what is built and nothing that is not for users. */
function pack(): string {
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", folder], root)) as [
    {
      readonly filename: string;
      readonly size: number;
      readonly files: readonly { readonly path: string }[];
    },
  ];
  const paths = packed.files.map((file) => file.path);
  for (const needed of [
    "dist/cli/bin.js",
    "dist/index.js",
    "dist/index.d.ts",
    "dist/browser.js",
    "dist/web/index.html",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
  ])
    expect(paths.includes(needed), `${needed} is missing from the tarball.`);
  // Of onnxruntime-web two files are needed, for processors and for WebGPU; each is tens of megabytes.
  const wasm = paths.filter((path) => path.endsWith(".wasm"));
  expect(wasm.length === 2, `the page has ${wasm.length} files of WebAssembly: ${wasm.join(", ")}.`);
  expect(packed.size < LARGEST, `the tarball has ${packed.size} bytes, more than ${LARGEST}.`);
  const strays = paths.filter(
    (path) =>
      /\.test\.|\.tsbuildinfo$|(^|\/)\./.test(path) ||
      !/^(dist|docs)\/|^(README|LICENSE|CHANGELOG|package)\b/.test(path),
  );
  expect(strays.length === 0, `the tarball holds ${strays.slice(0, 5).join(", ")}.`);
  return join(folder, packed.filename);
}

function checkCommandLine(): void {
  const bin = join(folder, "node_modules", ".bin", "clinicalbert");
  expect(run(bin, ["--help"], folder).includes("Usage: clinicalbert"), "--help shows no usage.");
  expect(run(bin, ["--version"], folder).trim() === manifest.version, "--version differs from package.json.");
  const notes = run(bin, ["synthesize", "--notes", "3"], folder).trimEnd().split("\n");
  expect(notes.length === 3, `synthesize --notes 3 wrote ${notes.length} lines.`);
}

function subpaths(): string[] {
  return Object.keys(manifest.exports)
    .filter((path) => !path.endsWith(".json"))
    .map((path) => `clinicalbert${path.slice(1)}`);
}

function checkImports(): void {
  for (const name of subpaths())
    run(process.execPath, ["--input-type=module", "-e", `await import("${name}")`], folder);
  const privatePath = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", 'await import("clinicalbert/dist/util/lines.js")'],
    { cwd: folder },
  );
  expect(privatePath.status !== 0, "a private file can be imported.");
}

/** A stranger's strict project compiles against the declarations. */
function checkTypes(): void {
  const imports = subpaths().map((name, index) => `import * as m${index} from "${name}";\nvoid m${index};`);
  const use =
    'import { type Note, synthesizeNotes } from "clinicalbert";\nexport const note: Note = [...synthesizeNotes({ seed: 1, count: 1 })][0]!;';
  writeFileSync(join(folder, "consumer.ts"), `${imports.join("\n")}\n${use}\n`);
  const options = {
    module: "NodeNext",
    target: "ES2023",
    lib: ["ES2023", "DOM"],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: options, files: ["consumer.ts"] }),
  );
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  run(join(root, "node_modules", ".bin", "tsc"), ["-p", "tsconfig.json"], folder);
}
