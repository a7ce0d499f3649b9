/** @file The last step of `npm run build`: makes the executable executable. */
import { chmodSync } from "node:fs";

chmodSync("dist/cli/bin.js", 0o755);
