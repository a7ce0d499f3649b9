/** @file Reads a golden file of JSON lines (gzipped) below test/oracle. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

export function readGolden<T>(name: string): T[] {
  const bytes = gunzipSync(readFileSync(new URL(name, import.meta.url)));
  return bytes
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}
