/** @file API keys: read from a file or the environment, kept as hashes, compared in constant time. */
import { createHash, timingSafeEqual } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { ClinicalBertError } from "../errors.js";
import { fileError } from "../util/file-error.js";
import type { ApiKey } from "./settings.js";

const LEAST_LENGTH = 16;
const KEY_LINE = /^(?:([A-Za-z0-9._-]{1,64}):)?(\S+)$/;

/** Lines `NAME:KEY` or `KEY`; `#` starts a comment. Throws `SERVER_KEYS` with the line's number, never with the key. */
export function parseKeys(text: string, origin: string): ApiKey[] {
  const keys: ApiKey[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, id = `key-${keys.length + 1}`, key = ""] = KEY_LINE.exec(line) ?? [];
    const where = `${origin}, line ${index + 1}`;
    if (key.length < LEAST_LENGTH)
      throw new ClinicalBertError("SERVER_KEYS", `${where}: no key of at least ${LEAST_LENGTH} characters.`);
    if (keys.some((other) => other.id === id))
      throw new ClinicalBertError("SERVER_KEYS", `${where}: a second key is called ${id}.`);
    keys.push({ id, hash: hashKey(key) });
  }
  return keys;
}

/** Throws `SERVER_KEYS` for a file without a key, or one that others than its owner can read. */
export async function readKeyFile(path: string): Promise<ApiKey[]> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0)
      throw new ClinicalBertError("SERVER_KEYS", `${path} can be read by others than its owner.`, {
        remedy: `Run: chmod 600 ${path}`,
      });
    const keys = parseKeys(await readFile(path, "utf8"), path);
    if (keys.length === 0) throw new ClinicalBertError("SERVER_KEYS", `${path} has no key.`);
    return keys;
  } catch (error) {
    throw fileError(error, path);
  }
}

/** The key of a header `Authorization: Bearer KEY` (or `x-api-key`); null for none that is known. */
export function findKey(
  keys: readonly ApiKey[],
  headers: Readonly<Record<string, string | string[] | undefined>>,
): ApiKey | null {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(String(headers["authorization"] ?? "")) ?? [];
  const sent = bearer ?? headers["x-api-key"];
  if (typeof sent !== "string") return null;
  const hash = hashKey(sent);
  // Every key is compared, over all bytes of hashes of equal length: time tells neither which fits nor how far.
  let found: ApiKey | null = null;
  for (const key of keys) if (timingSafeEqual(key.hash, hash)) found = key;
  return found;
}

function hashKey(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
