import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.js";
import { BIN, runCli } from "./run-cli.js";

const folder = mkdtempSync(join(tmpdir(), "cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The frame around commands that the package does not have, each for one way of going wrong. */
const planted = join(folder, "planted.mjs");
const built = (path: string) => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href);
writeFileSync(
  planted,
  `import { COMMANDS } from ${built("cli/commands.js")};
import { main } from ${built("cli/main.js")};
import { filterJsonLines } from ${built("cli/json-lines.js")};
const plant = (name, act) => {
  COMMANDS[name] = { summary: name, load: async () => ({ command: { configure(cli, context) {
    cli.argument("[files...]").option("--json").action((files) => act(context, files));
  } } }) };
};
plant("foreign", () => { throw new RangeError("patient John Doe"); });
plant("stray", () => new Promise(() => setTimeout(() => { throw new RangeError("patient John Doe"); }, 1)));
plant("rejection", () => { Promise.reject(new RangeError("patient John Doe")); return new Promise(() => setInterval(() => {}, 1000)); });
plant("deaf", (context) => { console.log("ready"); return new Promise(() => setInterval(() => {}, 1000)); });
plant("listen", (context, files) => { console.log("ready"); return filterJsonLines(context, files, () => ({})); });
plant("echo", (context, files) => filterJsonLines(context, files, ({ text }) => ({ length: text.length })));
process.exitCode = await main(process.argv.slice(2));
`,
);

describe("usage", () => {
  test("an unknown command ends with 2 and a suggestion", async () => {
    const { code, stderr, stdout } = await runCli(["synthesise"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("unknown command 'synthesise'");
    expect(stderr).toContain("Did you mean synthesize?");
  });

  test("an unknown flag ends with 2 and a suggestion", async () => {
    const { code, stderr } = await runCli(["synthesize", "--note", "3"]);
    expect(code).toBe(2);
    expect(stderr).toContain("unknown option '--note'");
    expect(stderr).toContain("Did you mean --notes?");
  });

  test.each([
    [["synthesize", "--notes", "many"], "--notes"],
    [["synthesize", "--notes", "3", "--bytes", "1MB"], "--bytes"],
    [["synthesize", "--bytes", "3 bananas"], "--bytes"],
    [["synthesize", "--format", "xml"], "--format"],
    [["synthesize", "--topics", "99"], "topics"],
    [["synthesize", "--notes"], "--notes"],
    [["synthesize", "extra"], "arguments"],
  ])("%j ends with 2 and names %s", async (args, flag) => {
    const { code, stderr, stdout } = await runCli(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(flag);
  });

  test("with --json a usage error is one JSON object on stderr", async () => {
    for (const args of [
      ["nonsense", "--json"],
      ["synthesize", "--json", "--nonsense"],
    ]) {
      const { code, stderr } = await runCli(args);
      expect(code).toBe(2);
      expect(JSON.parse(stderr)).toMatchObject({
        error: { code: "USAGE", message: expect.stringContaining("unknown") },
      });
    }
  });

  test("no command at all shows the help and ends with 2; --help and --version end with 0", async () => {
    expect(await runCli([])).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("Usage:"),
    });
    expect(await runCli(["--help"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("synthesize"),
    });
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await runCli(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test.each(Object.keys(COMMANDS))("the help of %s has examples of itself", async (name) => {
    const { code, stdout } = await runCli([name, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`\\nExamples:\\n(  \\$ .*\\n)*  \\$ .*clinicalbert ${name}`));
  });

  test("the help lists every command with its summary", async () => {
    const { stdout } = await runCli(["--help"]);
    for (const [name, { summary }] of Object.entries(COMMANDS))
      expect(stdout).toMatch(new RegExp(`${name}.* ${summary.split(" ")[0]}`));
  });
});

describe("errors of our own making show no message", () => {
  test.each(["foreign", "stray", "rejection"])("%s", async (name) => {
    for (const flags of [[], ["--json"]]) {
      const { code, stderr } = await runCli([name, ...flags], { script: planted });
      expect(code).toBe(1);
      expect(stderr).toContain("RangeError");
      expect(stderr).toContain("INTERNAL");
      expect(stderr).not.toContain("John");
      if (flags.length > 0) expect(JSON.parse(stderr).error.code).toBe("INTERNAL");
    }
  });
});

describe("signals", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "%s stops a running command with %i and leaves nothing under the final name",
    async (signal, code) => {
      const out = join(folder, `${signal}.jsonl`);
      const outcome = await runCli(["synthesize", "--bytes", "900GB", "--out", out], {
        onStart: (child) => {
          const timer = setInterval(() => {
            if (!readdirSync(folder).some((name) => name.includes(signal))) return;
            clearInterval(timer);
            child.kill(signal);
          }, 20);
        },
      });
      expect(outcome.code).toBe(code);
      expect(outcome.stderr).toMatch(
        new RegExp(`^clinicalbert: Stopped by ${signal}\\. .*\\[ABORTED\\]\\n$`),
      );
      expect(readdirSync(folder).filter((name) => name.includes(signal))).toEqual([]);
    },
  );

  test("a command that waits for standard input hears the signal", async () => {
    const outcome = await runCli(["listen"], {
      script: planted,
      onStart: (child) => child.stdout!.once("data", () => child.kill("SIGINT")),
    });
    expect(outcome).toMatchObject({ code: 130, stderr: expect.stringContaining("Stopped by SIGINT") });
  });

  test("a second signal ends a command that ignores the first", async () => {
    const outcome = await runCli(["deaf"], {
      script: planted,
      onStart: (child) =>
        child.stdout!.once("data", () => {
          child.kill("SIGINT");
          setTimeout(() => child.kill("SIGTERM"), 200);
        }),
    });
    expect(outcome.signal).toBe("SIGINT");
  });
});

describe("streams", () => {
  test("a closed pipe ends a filter quietly", () => {
    const script = `"${process.execPath}" "${BIN}" synthesize --bytes 200MB | head -c 100; echo "\${PIPESTATUS[0]}" >&2`;
    const { stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    expect(stdout).toHaveLength(100);
    expect(stderr).toBe("0\n");
  });

  test("every bad line is answered in its place, the others are done, and the exit code is 1", async () => {
    const good = JSON.stringify({ id: "a", text: "four" });
    const input = Buffer.concat([
      Buffer.from(`\ufeff${good}\n[1]\nnot json\n`),
      Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x0a]),
      Buffer.from(`${good}\r\n${good}`),
    ]);
    const { code, stdout, stderr } = await runCli(["echo", "-"], { script: planted, input });
    expect(code).toBe(1);
    expect(stderr).toBe("");
    const refused = (line: number, why: string) => ({
      id: null,
      line,
      error: { code: "USAGE", message: `Line ${line} is ${why}.` },
    });
    const answer = { id: "a", length: 4 };
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      answer,
      refused(2, "not a JSON object"),
      refused(3, "not a JSON object"),
      refused(4, "not valid UTF-8"),
      answer,
      answer,
    ]);
  });

  test("an empty input gives an empty output; files are read in order; a missing one is named", async () => {
    expect(await runCli(["echo"], { script: planted, input: "" })).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "",
    });
    const file = join(folder, "in.jsonl");
    writeFileSync(file, '{"text":"ab"}\n{"id":7,"text":""}\n');
    expect(await runCli(["echo", file, file], { script: planted })).toMatchObject({
      code: 0,
      stdout: '{"length":2}\n{"id":7,"length":0}\n'.repeat(2),
    });
    const missing = join(folder, "missing.jsonl");
    const { code, stderr } = await runCli(["echo", missing, "--json"], { script: planted });
    expect(code).toBe(1);
    expect(JSON.parse(stderr).error).toMatchObject({ code: "FILE_NOT_FOUND", details: { path: missing } });
  });
});

describe("synthesize", () => {
  test("one seed gives equal bytes, to a file (owner only) and to a pipe", async () => {
    const out = join(folder, "notes.csv");
    const args = ["synthesize", "--bytes", "2MB", "--seed", "5", "--format", "noteevents"];
    const piped = await runCli(args);
    expect((await runCli([...args, "--out", out])).code).toBe(0);
    expect(readFileSync(out, "utf8")).toBe(piped.stdout);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(piped.stdout.length).toBeGreaterThanOrEqual(2e6);
    expect(piped.stdout.length).toBeLessThan(2.01e6);
  });

  test("a pipe given by name is written as it is", () => {
    const pipe = join(folder, "fifo");
    const script = `mkfifo "${pipe}"; cat "${pipe}" & "${process.execPath}" "${BIN}" synthesize --notes 9 --out "${pipe}"; wait`;
    const { stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout.trimEnd().split("\n")).toHaveLength(9);
    expect(statSync(pipe).isFIFO()).toBe(true);
  });

  test("JSON lines have the keys that note sources read", async () => {
    const { stdout } = await runCli(["synthesize", "--notes", "7"]);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ id }) => id)).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
    expect(Object.keys(lines[0])).toEqual([
      "id",
      "patient_id",
      "admission_id",
      "category",
      "description",
      "date",
      "time",
      "text",
    ]);
  });

  test("a folder that does not exist is named", async () => {
    const out = join(folder, "nowhere", "notes.jsonl");
    const { code, stderr } = await runCli(["synthesize", "--notes", "1", "--out", out]);
    expect(code).toBe(1);
    expect(stderr).toBe(`clinicalbert: ${out} does not exist. Check the path. [FILE_NOT_FOUND]\n`);
  });
});
