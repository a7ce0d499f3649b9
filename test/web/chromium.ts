/** @file Finds and starts Chromium for the tests of this folder. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** Name that tests carry; `.ci/run` installs the program because it stands in a test file. */
export const NEEDS_CHROMIUM = "Chromium (needs Debian's chromium)";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Path of the program; `undefined` where there is none. */
export const CHROMIUM = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** No sandbox, because tests may run as root; no service of the browser's own may speak. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launchChromium(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM!, args: [...ARGUMENTS, ...more] });
}
