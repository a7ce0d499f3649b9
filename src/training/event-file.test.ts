import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { encodeScalars, encodeVersion, openEventFile } from "./event-file.js";

const folder = mkdtempSync(join(tmpdir(), "events-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("the bytes are those that TensorBoard writes", () => {
  // Written by test/oracle/generate/tensorboard_events.py with tensorboard 2.21.
  const golden = readFileSync(new URL("../../test/oracle/training/tensorboard.tfevents", import.meta.url));
  const ours = Buffer.concat([
    encodeVersion(1.5e9),
    encodeScalars(1.5e9 + 1, 1, { "train/loss": 10.5, "train/learning_rate": 0 }),
    encodeScalars(1.5e9 + 2, 2, { "train/loss": 9.25, "train/learning_rate": 5e-9 }),
    encodeScalars(1.5e9 + 150_000, 150_000, {
      "train/loss": Number.NaN,
      "held_out/masked_lm_loss": 1.75,
    }),
  ]);
  expect(ours.equals(golden)).toBe(true);
});

test("a run that was killed goes on in the same file, without the steps after its checkpoint and its evaluation there", async () => {
  const path = join(folder, "killed");
  const first = await openEventFile(path, 0);
  for (const step of [1, 2, 3, 4]) {
    first.write(step, { loss: step });
    if (step % 2 === 0) first.write(step, { held_out: step });
  }
  first.close();
  const [name] = readdirSync(path);
  truncateSync(join(path, name!), readFileSync(join(path, name!)).length - 3);
  const second = await openEventFile(path, 2);
  second.write(3, { loss: 30 });
  second.close();
  expect(readdirSync(path)).toEqual([name]);
  const bytes = readFileSync(join(path, name!));
  const records = [encodeVersion(0), ...[1, 2, 30].map((loss, at) => encodeScalars(0, at + 1, { loss }))];
  expect(bytes.length).toBe(records.reduce((sum, record) => sum + record.length, 0));
  // The loss is the last field of a record: four bytes before the foot.
  expect(bytes.readFloatLE(bytes.length - 8)).toBe(30);
});

test("a file that cannot be made is named", async () => {
  await expect(openEventFile("/proc/no-such-folder", 0)).rejects.toMatchObject({ code: "FILE_ACCESS" });
});
