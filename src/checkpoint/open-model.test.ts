import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { create } from "tar";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { PRETRAINING_HEADS } from "../bert/parameters.js";
import { openModel, writeSafetensors } from "./index.js";

const ORACLE = new URL("../../test/oracle/checkpoints/", import.meta.url).pathname;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "models-"));
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function parametersOf(source: string, heads = PRETRAINING_HEADS): Promise<Map<string, unknown>> {
  const model = await openModel(source);
  try {
    return await model.readParameters(heads);
  } finally {
    await model.close();
  }
}

/** `files` (name in the archive -> file) as BioBERT ships them: in one folder, gzipped. */
async function archive(name: string, entries: Readonly<Record<string, string>>): Promise<string> {
  const inside = join(folder, `${name}.d`, "biobert_v1.0");
  await mkdir(inside, { recursive: true });
  for (const [entry, file] of Object.entries(entries)) await cp(join(ORACLE, file), join(inside, entry));
  const path = join(folder, `${name}.tar.gz`);
  await create({ gzip: true, file: path, cwd: join(folder, `${name}.d`) }, ["biobert_v1.0"]);
  return path;
}

const BIOBERT = {
  "bert_config.json": "tensorflow/bert_config.json",
  "biobert_model.ckpt.index": "tensorflow/model.ckpt-7.index",
  "biobert_model.ckpt.data-00000-of-00001": "tensorflow/model.ckpt-7.data-00000-of-00001",
};

describe("a model opened", () => {
  it.each(["nowhere", "my-model", "test/nowhere", "./nowhere", "~/nowhere"])(
    "opens no connection for the mistyped path %s",
    async (path) => {
      const request = vi.spyOn(globalThis, "fetch");
      await expect(openModel(path)).rejects.toMatchObject({
        code: "FILE_NOT_FOUND",
        message: expect.stringContaining("owner/name"),
      });
      expect(request).not.toHaveBeenCalled();
      request.mockRestore();
    },
  );

  it("is the same from a folder, a TensorFlow prefix and a .tar.gz", async () => {
    const wanted = await parametersOf(join(ORACLE, "pretraining"));
    expect(wanted.size).toBe(46);
    expect(await parametersOf(join(ORACLE, "tensorflow/model.ckpt-7"))).toEqual(wanted);
    const path = await archive("biobert", BIOBERT);
    expect(await parametersOf(path)).toEqual(wanted);
    expect(await readdir(join(folder, "cache/clinicalbert/unpacked"))).toHaveLength(1);
    expect(await parametersOf(path)).toEqual(wanted);
  });

  it("says that optimizer slots are left out", async () => {
    const model = await openModel(join(ORACLE, "tensorflow/model.ckpt-7"));
    await model.close();
    expect(model.notices).toEqual([
      expect.stringMatching(/has 92 optimizer slots and a global step, left out\.$/),
    ]);
  });

  it("never fills a missing head: the error says what is there and who has it", async () => {
    const model = await openModel(join(ORACLE, "token-classification"));
    try {
      await expect(model.readParameters(["masked-lm"])).rejects.toMatchObject({
        code: "HEAD_MISSING",
        details: { missing: ["masked-lm"], present: ["sequence-classification", "token-classification"] },
        message: expect.stringContaining("BioBERT v1.0 has none"),
      });
    } finally {
      await model.close();
    }
  });

  it("lists parameters that are missing, and shapes that do not fit", async () => {
    const broken = join(folder, "broken");
    await mkdir(broken);
    const config = JSON.parse(await readFile(join(ORACLE, "pretraining/config.json"), "utf8"));
    await writeFile(join(broken, "config.json"), JSON.stringify({ ...config, intermediate_size: 48 }));
    const parameters = (await parametersOf(join(ORACLE, "pretraining"))) as Parameters<
      typeof writeSafetensors
    >[1];
    await writeSafetensors(join(broken, "model.safetensors"), parameters);
    await expect(parametersOf(broken)).rejects.toMatchObject({
      code: "MODEL_INCOMPLETE",
      message: expect.stringContaining("shape [32, 16], the configuration asks for [48, 16]"),
    });
    await writeFile(join(broken, "config.json"), JSON.stringify({ ...config, num_hidden_layers: 3 }));
    await expect(parametersOf(broken)).rejects.toThrow('"bert.encoder.layer.2.attention.self.query.weight"');
  });

  it("lists tensors that no BERT has", async () => {
    const strange = join(folder, "strange");
    await cp(join(ORACLE, "pretraining"), strange, { recursive: true });
    const parameters = (await parametersOf(join(ORACLE, "pretraining"))) as Map<string, never>;
    parameters.set("bert.adapter.weight", parameters.get("cls.predictions.bias")!);
    await writeSafetensors(join(strange, "model.safetensors"), parameters);
    const model = await openModel(strange);
    await model.close();
    expect(model.notices.join()).toContain('"bert.adapter.weight"');
  });
});

describe("archives that are hostile", () => {
  const tarball = (name: string, args: readonly string[]): string => {
    const path = join(folder, `${name}.tar.gz`);
    execFileSync("tar", ["-czf", path, ...args], { cwd: folder, stdio: "ignore" });
    return path;
  };

  it("refuses names that lead outside", async () => {
    await writeFile(join(folder, "config.json"), "{}");
    await mkdir(join(folder, "inner"), { recursive: true });
    const path = tarball("dots", ["-P", "--transform", "s,^,../,", "config.json"]);
    await expect(openModel(path)).rejects.toMatchObject({ code: "ARCHIVE_UNSAFE" });
    const absolute = tarball("absolute", ["-P", "--transform", "s,^,/tmp/,", "config.json"]);
    await expect(openModel(absolute)).rejects.toMatchObject({ code: "ARCHIVE_UNSAFE" });
  });

  it("refuses links", async () => {
    await symlink("/etc/passwd", join(folder, "vocab.txt"));
    await expect(openModel(tarball("links", ["vocab.txt"]))).rejects.toMatchObject({
      code: "ARCHIVE_UNSAFE",
    });
  });

  it("refuses a bomb while it unpacks", async () => {
    const zeros = join(folder, "zeros.bin");
    execFileSync("truncate", ["-s", "200M", zeros]);
    await expect(openModel(tarball("bomb", ["zeros.bin"]))).rejects.toThrow(/unpacks to more than/);
    await rm(zeros);
  });

  it("refuses what is cut short, and leaves nothing in the cache", async () => {
    const path = await archive("cut", BIOBERT);
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length >> 1));
    await expect(openModel(path)).rejects.toMatchObject({ code: "CHECKPOINT_DAMAGED" });
    await writeFile(path, gzipSync(Buffer.alloc(5000, "no tar")));
    await expect(openModel(path)).rejects.toMatchObject({ code: "CHECKPOINT_DAMAGED" });
    expect(
      (await readdir(join(folder, "cache/clinicalbert/unpacked"))).filter((name) => name.endsWith("tmp")),
    ).toEqual([]);
  });
});
