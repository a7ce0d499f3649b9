import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { openAtomic, writeAtomic } from "./atomic-file.js";

const root = mkdtempSync(join(tmpdir(), "atomic-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folder = root;
let count = 0;
beforeEach(() => {
  folder = join(root, String(count++));
  mkdirSync(folder);
});

test("a file appears whole, for its owner only, and replaces an older one", async () => {
  const path = join(folder, "a.txt");
  writeFileSync(path, "old", { mode: 0o644 });
  const file = await openAtomic(path);
  await file.write("héllo ");
  await file.write(new Uint8Array([119, 111]));
  expect(readFileSync(path, "utf8")).toBe("old");
  await file.writeAt(Buffer.from("J"), 0);
  await file.commit();
  expect(readFileSync(path, "utf8")).toBe("Jéllo wo");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await file.discard();
  expect(readdirSync(folder)).toEqual(["a.txt"]);
});

test("a discarded file leaves nothing, the older one stays", async () => {
  const path = join(folder, "a.txt");
  await writeAtomic(path, "old");
  const file = await openAtomic(path);
  await file.write("new");
  await file.discard();
  await file.discard();
  expect(readdirSync(folder)).toEqual(["a.txt"]);
  expect(readFileSync(path, "utf8")).toBe("old");
});

test("a process killed in the middle leaves nothing under the final name", () => {
  const path = join(folder, "a.txt");
  const module = new URL("../../dist/util/atomic-file.js", import.meta.url).href;
  const script = `const { openAtomic } = await import(${JSON.stringify(module)});
    const file = await openAtomic(${JSON.stringify(path)});
    await file.write("half of it");
    process.kill(process.pid, "SIGKILL");`;
  const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", script]);
  expect(signal).toBe("SIGKILL");
  expect(readdirSync(folder).filter((name) => name === "a.txt")).toEqual([]);
});

/** A limit on the size of files is what a full disk looks like to a process: the write fails in the middle. */
test("a disk that fills up is named, and nothing is left behind", () => {
  const path = join(folder, "a.txt");
  const module = new URL("../../dist/util/atomic-file.js", import.meta.url).href;
  const script = join(folder, "fill.mjs");
  writeFileSync(
    script,
    `import { openAtomic } from ${JSON.stringify(module)};
    process.on("SIGXFSZ", () => {});
    const file = await openAtomic(${JSON.stringify(path)});
    try { for (let i = 0; i < 64; i++) await file.write(new Uint8Array(1 << 16)); console.log("no error"); }
    catch (error) { console.log(JSON.stringify(error)); }`,
  );
  const { stdout } = spawnSync("bash", ["-c", `ulimit -f 1024; exec "${process.execPath}" "${script}"`], {
    encoding: "utf8",
  });
  expect(JSON.parse(stdout)).toMatchObject({ code: "DISK_FULL", details: { path } });
  expect(readdirSync(folder)).toEqual(["fill.mjs"]);
});

test("a folder that does not exist, a file in its place and a folder under the name are told apart", async () => {
  await expect(openAtomic(join(folder, "no", "a.txt"))).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  writeFileSync(join(folder, "file"), "");
  await expect(openAtomic(join(folder, "file", "a.txt"))).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  mkdirSync(join(folder, "sub"));
  await expect(writeAtomic(join(folder, "sub"), "x")).rejects.toMatchObject({ code: "FILE_ACCESS" });
  expect(readdirSync(folder).sort()).toEqual(["file", "sub"]);
});

test("a device or a pipe is not replaced by a file, and a link stays a link", async () => {
  const pipe = join(folder, "pipe");
  spawnSync("mkfifo", [pipe]);
  await expect(writeAtomic(pipe, "x")).rejects.toMatchObject({
    code: "FILE_ACCESS",
    details: { path: pipe },
  });
  expect(statSync(pipe).isFIFO()).toBe(true);
  const link = join(folder, "link");
  mkdirSync(join(folder, "elsewhere"));
  symlinkSync(join("elsewhere", "file"), link);
  writeFileSync(join(folder, "elsewhere", "file"), "old");
  await writeAtomic(link, "new");
  expect(readlinkSync(link)).toBe(join("elsewhere", "file"));
  expect(readFileSync(join(folder, "elsewhere", "file"), "utf8")).toBe("new");
  expect(readdirSync(folder).sort()).toEqual(["elsewhere", "link", "pipe"]);
});

test("the error names the path that was asked for, not the temporary one", async () => {
  const path = join(folder, "no", "a.txt");
  const error = await openAtomic(path).catch((caught: Error) => caught as Error);
  expect((error as Error).message).toBe(`${path} does not exist. Check the path.`);
});
