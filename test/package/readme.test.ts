import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { BIN } from "../cli/run-cli.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "readme-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Contents of the code blocks of a language. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(
    (match) => match[1]!,
  );
}

test("the README shows the line to install with, and the two commands", () => {
  const text = blocks("text").join();
  expect(text).toContain("npm install --ignore-scripts clinicalbert");
  expect(text).toContain("npm ci && npm run demo");
  expect(text).toContain("npm ci && npm test");
});

test("the commands of the README run one after the other", () => {
  const [script] = blocks("sh");
  const lines = script!.replaceAll("npx clinicalbert", `"${process.execPath}" "${BIN}"`);
  const { status, stderr, stdout } = spawnSync("bash", ["-euo", "pipefail", "-c", lines], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  const answer = JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
  expect(answer.tokens).toContain("was");
  expect(answer.spans).toHaveLength(answer.ids.length);
});

test("the program of the README runs against the built package", () => {
  const programs = blocks("js");
  expect(programs).toHaveLength(1);
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", programs[0]!],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout.split("\n").length).toBeGreaterThan(8);
});
