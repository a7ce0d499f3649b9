/** @file Rewrites the table of docs/errors.md from the catalogue. Usage: node --import tsx scripts/document-errors.ts */
import { readFileSync, writeFileSync } from "node:fs";
import { ERROR_CATALOGUE } from "../src/error-catalogue.js";

const path = new URL("../docs/errors.md", import.meta.url);
const head = readFileSync(path, "utf8").split("|---|---|---|\n")[0];
const rows = Object.entries(ERROR_CATALOGUE).map(
  ([code, { meaning, remedy }]) => `| \`${code}\` | ${meaning} | ${remedy} |`,
);
writeFileSync(path, `${head}|---|---|---|\n${rows.join("\n")}\n`);
