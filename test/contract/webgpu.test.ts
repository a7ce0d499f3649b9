/**
 * The training graph on WebGPU beside the processor: losses and every gradient. Runs where an adapter is found, a software one too: the
 * one that Chromium brings (SwiftShader) is tried where the system names none. In a process of its own, since an adapter may take
 * the process with it.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const SCRIPT = fileURLToPath(new URL("webgpu-gradients.mjs", import.meta.url));

interface Answer {
  /** Why no device could be had; null when one was. */
  readonly refused: string | null;
  readonly losses: readonly (readonly [cpu: number, gpu: number])[];
  /** Largest distance of a gradient over the larger of its norm and 1e-6 of the norm of all, and of which. */
  readonly worst: number;
  readonly parameter: string;
}

function compute(): Answer {
  const environment = { ...process.env };
  if (environment["VK_ICD_FILENAMES"] === undefined && existsSync(SWIFTSHADER))
    environment["VK_ICD_FILENAMES"] = SWIFTSHADER;
  const { stdout } = spawnSync(process.execPath, [SCRIPT], { env: environment, encoding: "utf8" });
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  return last.startsWith("{")
    ? (JSON.parse(last) as Answer)
    : { refused: "the process died", losses: [], worst: 0, parameter: "" };
}

const answer = compute();

test.skipIf(answer.refused !== null)("an adapter computes what the processor computes", () => {
  expect(answer.losses).toHaveLength(2);
  for (const [cpu, gpu] of answer.losses) expect(Math.abs(gpu / cpu - 1)).toBeLessThan(1e-6);
  expect([answer.parameter, answer.worst < 1e-5]).toEqual([answer.parameter, true]);
});
