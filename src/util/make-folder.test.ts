import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeFolder } from "./make-folder.js";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "folders-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test("makes parents, for their owner only, and is content with a folder that is there", async () => {
  const path = join(root, "a/b/c");
  await makeFolder(path);
  await makeFolder(path);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
});

test("a file in the way is refused", async () => {
  const file = join(root, "file");
  await writeFile(file, "");
  await expect(makeFolder(file)).rejects.toMatchObject({ code: "FILE_ACCESS" });
  await expect(makeFolder(join(file, "below"))).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
});

test.runIf(process.platform === "linux")(
  "a name that the system cannot make is refused, at once",
  async () => {
    await expect(makeFolder("/proc/nothing/below")).rejects.toMatchObject({ code: "FILE_ACCESS" });
  },
);
