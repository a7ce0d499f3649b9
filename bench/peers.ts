/** @file Runs the Python programs that are measured beside ours, where their virtual environments are. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The JSON lines that `bench/peers/NAME.py` prints, run by the virtual environment `environment` of the folder named by
 * CLINICALBERT_PEERS and given `input` to read; null, with a line that says so, when that is unset.
 */
export function runPeer(
  name: string,
  environment: string,
  args: readonly string[],
  input = "",
): unknown[] | null {
  const folder = process.env["CLINICALBERT_PEERS"];
  if (folder === undefined) {
    console.log(`peer ${name}: skipped, CLINICALBERT_PEERS is not set`);
    return null;
  }
  const script = fileURLToPath(new URL(`./peers/${name}.py`, import.meta.url));
  const python = join(folder, environment, "bin", "python");
  const { status, stdout, stderr, error } = spawnSync(python, [script, ...args], { encoding: "utf8", input });
  if (status !== 0) throw new Error(`The peer ${name} failed: ${error?.message ?? stderr.slice(-2000)}`);
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as unknown);
}
