/** @file One line for every request: who, what, how much, how long, never what was said. Appended to a file of its own. */
import { type WriteStream, createWriteStream } from "node:fs";
import { once } from "node:events";
import { finished } from "node:stream/promises";
import { fileError } from "../util/file-error.js";

export interface AuditRecord {
  readonly time: string;
  readonly request: string;
  /** Id of the key; null without keys. */
  readonly key: string | null;
  readonly method: string;
  /** The pattern of the route, never the path that was asked for. */
  readonly route: string;
  readonly status: number;
  readonly model: string | null;
  /** SHA-256 of the model's weights. */
  readonly model_sha256: string | null;
  readonly inputs: number | null;
  readonly tokens: number | null;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly milliseconds: number;
  /** Code of the error that was answered. */
  readonly error: string | null;
}

export interface AuditLog {
  write(record: AuditRecord): void;
  close(): Promise<void>;
}

/** Opens `path` for appending, for its owner only. A line that cannot be written is told to `onError`. */
export async function openAuditLog(path: string, onError: (error: Error) => void): Promise<AuditLog> {
  const stream: WriteStream = createWriteStream(path, { flags: "a", mode: 0o600 });
  try {
    await once(stream, "open");
  } catch (error) {
    throw fileError(error, path);
  }
  stream.on("error", (error) => onError(fileError(error, path)));
  return {
    write: (record) => void stream.write(`${JSON.stringify(record)}\n`),
    async close() {
      stream.end();
      await finished(stream).catch(() => undefined);
    },
  };
}
