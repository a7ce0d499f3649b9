import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { runCli } from "./run-cli.js";

const folder = mkdtempSync(join(tmpdir(), "cli-tokens-"));
afterAll(() => rmSync(folder, { recursive: true }));
const oracle = JSON.parse(
  gunzipSync(readFileSync(new URL("../oracle/instances/small.json.gz", import.meta.url))).toString("utf8"),
) as {
  vocabulary: string[];
  corpora: Record<string, string[]>;
  runs: { corpus: string; seed: string; sha256: string; settings: Record<string, number | boolean> }[];
};
const vocab = join(folder, "vocab.txt");
writeFileSync(vocab, `${oracle.vocabulary.join("\n")}\n`);
const corpus = join(folder, "corpus.txt");
writeFileSync(corpus, oracle.corpora["plain"]![0]!);
const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

describe("tokenize", () => {
  const small = join(folder, "small.txt");
  writeFileSync(small, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ns\n/\np\ncabg\n😀\n");

  test("keys in their order, id copied, other keys dropped, bad lines named, exit 1", async () => {
    const input = '{"text":"s/p 😀","id":7,"x":1}\nnonsense\n{"text":"\\ud83d s"}\n{"id":"b"}\n';
    const { code, stdout } = await runCli(["tokenize", "--vocab", small, "--case", "cased"], { input });
    expect(code).toBe(1);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe(
      '{"id":7,"ids":[5,6,7,9],"tokens":["s","/","p","😀"],"spans":[[0,1],[1,2],[2,3],[4,6]]}',
    );
    expect(lines[1]).toMatch(/^\{"id":null,"line":2,"error":\{"code":"USAGE","message":/);
    expect(lines[2]).toBe('{"ids":[1,5],"tokens":["[UNK]","s"],"spans":[[0,1],[2,3]]}');
    expect(lines[3]).toMatch(/^\{"id":"b","error":/);
    expect(lines).toHaveLength(4);
  });

  test("offsets in code points and bytes; special tokens have no span", async () => {
    const input = '{"text":"é😀 s"}\n';
    const run = async (...flags: string[]) => {
      const { stdout } = await runCli(["tokenize", "--vocab", small, "--case", "cased", ...flags], { input });
      return (JSON.parse(stdout) as { spans: unknown }).spans;
    };
    expect(await run()).toEqual([
      [0, 3],
      [4, 5],
    ]);
    expect(await run("--offsets", "codepoint")).toEqual([
      [0, 2],
      [3, 4],
    ]);
    expect(await run("--offsets", "byte", "--special-tokens")).toEqual([null, [0, 6], [7, 8], null]);
  });

  test("the case is inferred and said on stderr; --lowercase overrules in silence", async () => {
    const input = '{"text":"CABG"}\n';
    const inferred = await runCli(["tokenize", "--vocab", small], { input });
    expect(inferred.stderr).toMatch(/taken for uncased .* 0 of 10 tokens/);
    const told = await runCli(["tokenize", "--vocab", small, "--lowercase"], { input });
    expect([told.stdout, told.stderr]).toEqual([inferred.stdout, ""]);
    expect(told.stdout).toContain('"ids":[8]');
  });
});

describe("instances", () => {
  const { sha256: expected, settings, seed } = oracle.runs[0]!;
  const flags = [
    "instances",
    ...["--corpus", corpus, "--vocab", vocab, "--case", "cased", "--seed", seed],
    ...["--dupe-factor", String(settings["dupeFactor"]), "--max-length", String(settings["maxLength"])],
  ];

  test("JSON lines on standard output are the script's, and nothing is left behind", async () => {
    const temporary = mkdtempSync(join(folder, "tmp-"));
    const { code, stdout, stderr } = await runCli([
      ...flags,
      "--to",
      "jsonl",
      "--out",
      "-",
      "--tmp",
      temporary,
    ]);
    expect(code).toBe(0);
    expect(sha256(stdout)).toBe(expected);
    expect(stderr).toMatch(/of these [\d.]+ % \[MASK\]/);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("a corpus of several blocks: the same for one thread and three; a bad line is named by line and byte", async () => {
    const long = join(folder, "long.txt");
    const text = oracle.corpora["plain"]!.join("");
    const times = Math.ceil(9e6 / text.length);
    writeFileSync(long, text.repeat(times));
    const args = ["instances", "--vocab", vocab, "--corpus", long, "--dupe-factor", "1", "--case", "cased"];
    const hashes: string[] = [];
    for (const threads of ["1", "3"]) {
      const out = join(folder, `long-${threads}`);
      expect((await runCli([...args, "--threads", threads, "--out", out])).code).toBe(0);
      hashes.push(sha256(readFileSync(out)));
    }
    expect(hashes[1]).toBe(hashes[0]);
    writeFileSync(long, Buffer.concat([Buffer.from(text.repeat(times)), Buffer.from([0x61, 0xff, 0x0a])]));
    const { code, stderr } = await runCli([...args, "--threads", "3", "--out", join(folder, "bad")]);
    expect(code).toBe(1);
    const line = text.repeat(times).split("\n").length;
    expect(stderr).toContain(`Line ${line} of ${long} (byte ${Buffer.byteLength(text) * times})`);
  }, 60_000);

  test("parallel: the same for one thread and three, another than exact", async () => {
    const hashes = [];
    for (const threads of ["1", "3"]) {
      const out = join(folder, `parallel-${threads}`);
      const args = [...flags, "--mode", "parallel", "--threads", threads, "--to", "jsonl", "--out", out];
      expect((await runCli(args)).code).toBe(0);
      hashes.push(sha256(readFileSync(out)));
    }
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[0]).not.toBe(expected);
  });

  test("several files hold the instances in turn", async () => {
    const out = join(folder, "dealt");
    const { stdout } = await runCli([...flags, "--to", "jsonl", "--files", "3", "--out", out, "--json"]);
    const { outputs, report } = JSON.parse(stdout) as { outputs: string[]; report: { instances: number } };
    expect(outputs[2]).toBe(`${out}-00002-of-00003`);
    const rows = outputs.map((path) => readFileSync(path, "utf8").trimEnd().split("\n"));
    const all = Array.from(
      { length: report.instances },
      (_, index) => `${rows[index % 3]![Math.floor(index / 3)]}\n`,
    );
    expect(sha256(all.join(""))).toBe(expected);
  });

  test.each([
    [["--mode", "fast", "--out", "x"], "--mode"],
    [["--to", "tfrecord", "--out", "-"], "--out -"],
    [["--masked-share", "1.5", "--out", "x"], "--masked-share"],
    [["--seed", "x", "--out", "x"], "--seed"],
  ])("%j ends with 2", async (more, flag) => {
    const { code, stderr } = await runCli(["instances", "--corpus", corpus, "--vocab", vocab, ...more]);
    expect(code).toBe(2);
    expect(stderr).toContain(flag);
  });

  test("a corpus that is not UTF-8 leaves no file", async () => {
    const bad = join(folder, "bad.txt");
    writeFileSync(bad, Buffer.from("pain \xff\n", "latin1"));
    const out = join(folder, "never");
    const { code, stderr } = await runCli(["instances", "--corpus", bad, "--vocab", vocab, "--out", out]);
    expect(code).toBe(1);
    expect(stderr).toContain("CORPUS_INVALID");
    expect(readdirSync(folder).filter((name) => name === "never" || name.endsWith(".tmp"))).toEqual([]);
  });
});

describe("vocab", () => {
  test("learns, records its rules, prints the audit list; refuses to guess the case", async () => {
    const out = join(folder, "learned.txt");
    const args = ["vocab", "--corpus", corpus, "--out", out, "--size", "150", "--min-patients", "2"];
    expect((await runCli(args)).code).toBe(2);
    const { code, stdout } = await runCli([...args, "--case", "uncased"]);
    expect(code).toBe(0);
    expect(stdout).toContain("piece\tcount\twords\tpatients");
    expect(JSON.parse(readFileSync(`${out}.json`, "utf8"))).toMatchObject({
      privacy: { minPatients: 2, maxDigits: 4 },
      patients: "documents",
    });
    expect(readFileSync(out, "utf8").split("\n").slice(0, 5)).toEqual([
      "[PAD]",
      "[UNK]",
      "[CLS]",
      "[SEP]",
      "[MASK]",
    ]);
  });

  test("--patients names one patient a document", async () => {
    const patients = join(folder, "patients.txt");
    const documents = oracle.corpora["plain"]![0]!.split(/\n\s*\n/).length;
    writeFileSync(patients, "the same\n".repeat(documents));
    const out = join(folder, "one-patient.txt");
    const args = ["vocab", "--corpus", corpus, "--out", out, "--case", "cased", "--patients", patients];
    const { code, stderr } = await runCli([...args, "--min-patients", "2"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("VOCABULARY_INVALID")]);
    writeFileSync(patients, "only one\n");
    expect((await runCli([...args, "--min-patients", "1"])).stderr).toContain("no line for document 2");
  });
});
