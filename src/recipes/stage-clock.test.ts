import { expect, test } from "vitest";
import { timeStage } from "./stage-clock.js";

test("a stage that takes memory and time shows both", async () => {
  const idle = await timeStage("idle", "things", () => 3);
  const record = await timeStage("busy", "things", async () => {
    const bytes = Buffer.alloc(200e6, 1);
    await new Promise((done) => setTimeout(done, 120));
    return bytes[7]! + 6;
  });
  expect(record).toMatchObject({ name: "busy", unit: "things", items: 7 });
  expect(record.seconds).toBeGreaterThan(0.1);
  expect(record.peakBytes - idle.peakBytes).toBeGreaterThan(150e6);
});

test("an error passes through", async () => {
  await expect(timeStage("bad", "things", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
});
