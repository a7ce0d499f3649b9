/** @file Keyed digests of notes, by which a stopped run proves that its input is still the same. */
import { createHmac } from "node:crypto";
import type { Note } from "../notes/note.js";

/** HMAC-SHA256 over the ids and texts of a batch. Without the key nobody can test a guess about a note. */
export function digestBatch(key: string, notes: readonly Note[]): string {
  const hmac = createHmac("sha256", key);
  for (const { id, text } of notes) hmac.update(`${id.length}:${id}${text.length}:`).update(text);
  return hmac.digest("base64");
}

/** Digest of everything before and one more batch. */
export function chainDigest(key: string, before: string, batch: string): string {
  return createHmac("sha256", key).update(before).update(batch).digest("base64");
}
