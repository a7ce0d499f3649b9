/** The commands around models, as a user runs them: convert, inspect, verify, embed, fill-mask, predict. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSafetensors, writeSafetensors } from "../../src/checkpoint/index.js";
import type { Tensor } from "../../src/graph/tensor.js";

const ROOT = new URL("../../", import.meta.url).pathname;
const ORACLE = join(ROOT, "test/oracle/checkpoints");
const BIN = join(ROOT, "dist/cli/bin.js");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "commands-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], lines: readonly object[] = []): Outcome {
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: "utf8", input });
  return { status, stdout, stderr };
}

const parsed = ({ stdout }: Outcome): Record<string, unknown>[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe.skipIf(!existsSync(BIN))("commands of the built package (npm run build)", () => {
  it.each([
    ["model.safetensors", "safetensors"],
    ["pytorch_model.bin", "pytorch"],
    ["model.ckpt-7", "tensorflow"],
    ["a-folder", "folder"],
  ])("convert to %s and back: not a bit is lost", (name, format) => {
    const destination = join(folder, name);
    const converted = run([
      "convert",
      join(ORACLE, "tensorflow/model.ckpt-7"),
      destination,
      "--onnx",
      "none",
      "--json",
    ]);
    expect([converted.status, JSON.parse(converted.stdout)]).toEqual([
      0,
      { format, tensors: 46, worstCosine: null },
    ]);
    const compared = run([
      "inspect",
      "--diff",
      "--json",
      join(ORACLE, "pretraining/legacy.bin"),
      destination,
    ]);
    expect(compared.status).toBe(0);
    expect(parsed(compared)[0]).toMatchObject({ largest: 0 });
  });

  it.each([
    ["fp16", "half.safetensors", 2 ** -11],
    ["bf16", "half.bin", 2 ** -8],
  ])("converts to %s", (dtype, name, relative) => {
    const destination = join(folder, name);
    const source = join(ORACLE, "pretraining/legacy.bin");
    expect(run(["convert", source, destination, "--dtype", dtype]).status).toBe(0);
    const compared = run(["inspect", "--diff", "--json", source, destination]);
    const [whole] = parsed(compared) as { largest: number }[];
    expect(whole!.largest).toBeGreaterThan(0);
    expect(whole!.largest).toBeLessThan(relative * 8);
    const refused = run(["convert", source, join(folder, "x.ckpt"), "--dtype", dtype]);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("--dtype")]);
  });

  it("refuses a quantized variant that changes the model too much, unless forced", async () => {
    const source = await modelWithOutliers();
    const destination = join(folder, "refused");
    const refused = run(["convert", source, destination, "--onnx", "q8"]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/cosine of only .*\[EXPORT_REFUSED\]/);
    const forced = run(["convert", source, destination, "--onnx", "q8", "--force", "--json"]);
    expect(forced.status).toBe(0);
    expect((JSON.parse(forced.stdout) as { worstCosine: number }).worstCosine).toBeLessThan(0.95);
    expect(await readdir(join(destination, "onnx"))).toEqual(["model_quantized.onnx"]);
  });

  /** The pretraining model with one hidden unit a thousand times louder than the others: 8 bits cannot hold both. */
  async function modelWithOutliers(): Promise<string> {
    const source = join(folder, "outliers");
    await cp(join(ORACLE, "pretraining"), source, { recursive: true });
    const weights = await openSafetensors(join(ORACLE, "pretraining/model.safetensors"));
    const tensors = new Map<string, Tensor>();
    for (const { name } of weights.tensors) tensors.set(name, await weights.read(name));
    await weights.close();
    const parameter = (name: string): Tensor => tensors.get(`bert.${name}`)!;
    parameter("embeddings.LayerNorm.weight").data[3] = 1000;
    for (const layer of [0, 1])
      for (const place of ["attention.output.LayerNorm", "output.LayerNorm"])
        parameter(`encoder.layer.${layer}.${place}.weight`).data[3] = 0;
    // Nothing listens to it, and the layers outweigh what passes them by: only the rounding of the others is left.
    for (const [name, { data, dims }] of tensors) {
      if (/layer\..*(query|key|value|dense)\.weight$/.test(name) && dims[1] === 16)
        for (let row = 0; row < dims[0]!; row++) data[row * 16 + 3] = 0;
      if (/output\.dense\.weight$/.test(name))
        for (let index = 0; index < data.length; index++) data[index] = Number(data[index]) * 300;
    }
    await writeSafetensors(join(source, "model.safetensors"), tensors);
    return source;
  }

  it("inspect names head, shape and norm, and exits with 1 where two files differ", () => {
    const shown = parsed(run(["inspect", "--json", join(ORACLE, "token-classification")]))[0]!;
    expect(shown).toMatchObject({ format: "safetensors", unknown: [], slots: 0 });
    expect(shown["tensors"]).toContainEqual(
      expect.objectContaining({ name: "classifier.weight", shape: [5, 16] }),
    );
    const compared = run([
      "inspect",
      "--diff",
      join(ORACLE, "token-classification"),
      join(ORACLE, "pretraining"),
    ]);
    expect(compared.status).toBe(1);
    expect(compared.stdout).toMatch(/classifier\.weight +only in the first/);
  });

  it("embed keeps order and ids, and goes on after a bad line", () => {
    const lines = [
      { id: 3, text: "he has fever" },
      { id: 1, note: "no text" },
      { id: 2, text: "no acute distress" },
    ];
    const outcome = run(["embed", "--model", join(ORACLE, "pretraining")], lines);
    const answers = parsed(outcome);
    expect(outcome.status).toBe(1);
    expect(answers.map(({ id }) => id)).toEqual([3, 1, 2]);
    expect(answers[0]!["embedding"]).toHaveLength(16);
    expect(answers[1]!["error"]).toMatchObject({ code: "USAGE" });
    expect(outcome.stdout + outcome.stderr).not.toContain("fever");
  });

  it("fill-mask: one text without a mask does not fail its neighbours", () => {
    const lines = [
      { id: 1, text: "he has [MASK] ." },
      { id: 2, text: "he has fever ." },
      { id: 3, text: "no [MASK]" },
    ];
    const answers = parsed(run(["fill-mask", "--model", join(ORACLE, "pretraining"), "--top-k", "2"], lines));
    expect(answers.map((answer) => Object.keys(answer)[1])).toEqual(["fillings", "error", "fillings"]);
    expect(answers[2]!["fillings"]).toHaveLength(2);
  });

  it("predict gives entities with offsets in the unit asked for, and no text", () => {
    const text = "🙂 she was given aspirins";
    const ask = (unit: string): [number, number][] =>
      (
        parsed(
          run(
            ["predict", "--model", join(ORACLE, "token-classification"), "--offsets", unit],
            [{ id: 1, text }],
          ),
        )[0]!["entities"] as { span: [number, number] }[]
      ).map(({ span }) => span);
    const utf16 = ask("utf16");
    expect(utf16.length).toBeGreaterThan(0);
    expect(ask("codepoint")).toEqual(utf16.map(([start, end]) => [Math.max(0, start - 1), end - 1]));
    expect(ask("byte")).toEqual(utf16.map(([start, end]) => [start === 0 ? 0 : start + 2, end + 2]));
  });

  it("predict classifies pairs", () => {
    const line = { id: 1, text: "he has fever", text_pair: "he has no fever" };
    const [answer] = parsed(
      run(["predict", "--model", join(ORACLE, "sequence-classification"), "--top-k", "3"], [line]),
    );
    expect(answer!["labels"]).toHaveLength(3);
  });

  it("verify passes on a sound model and fails on a wrong table", async () => {
    const sound = run(["verify", "--json", join(ORACLE, "pretraining")]);
    expect([sound.status, (JSON.parse(sound.stdout) as { fillings: unknown[] }).fillings.length]).toEqual([
      0, 20,
    ]);
    const table = join(folder, "table.json");
    const embedded = [{ text: "he has fever", ids: [2, 11, 13, 9, 3], mean: new Array(16).fill(0.5) }];
    await writeFile(table, JSON.stringify({ sha256: { "vocab.txt": "00" }, masked: [], embedded }));
    const wrong = run(["verify", "--table", table, join(ORACLE, "pretraining")]);
    expect(wrong.status).toBe(1);
    expect(wrong.stdout).toMatch(/FAILED the files are those of the table \(vocab\.txt\)/);
    expect(wrong.stdout).toMatch(/FAILED embedding/);
  });

  it("a damaged file: one line that names it, exit 1, no stack", async () => {
    const broken = join(folder, "broken.safetensors");
    await writeFile(broken, Buffer.alloc(64, 255));
    const outcome = run(["inspect", broken]);
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toMatch(/^clinicalbert: .*broken\.safetensors.*\[CHECKPOINT_FORMAT\]\n$/);
  });

  it.each(["convert", "inspect", "verify", "embed", "fill-mask", "predict"])(
    "%s --help has an example",
    (name) => {
      const { status, stdout } = run([name, "--help"]);
      expect(status).toBe(0);
      expect(stdout).toMatch(new RegExp(`Examples:[\\s\\S]*clinicalbert ${name} `));
    },
  );
});
