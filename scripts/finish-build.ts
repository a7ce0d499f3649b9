/** @file A step of `npm run build`: removes what has no source any more and makes the executable executable. */
import { chmodSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const BUILT = /(?:\.d\.ts|\.js)$/;

for (const entry of readdirSync("dist", { recursive: true, encoding: "utf8" })) {
  // The page is Vite's.
  if (entry.startsWith("web/")) continue;
  if (BUILT.test(entry) && !existsSync(join("src", entry.replace(BUILT, ".ts")))) rmSync(join("dist", entry));
}
chmodSync("dist/cli/bin.js", 0o755);
