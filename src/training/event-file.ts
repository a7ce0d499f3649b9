/** @file Scalars as TensorBoard reads them: an event file of framed `tensorflow.Event` messages (tensorflow/core/util/event.proto). */
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { writeAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";
import { makeFolder } from "../util/make-folder.js";
import { ProtoWriter, readProtoFields } from "../util/protobuf.js";
import { FRAME_FOOT, FRAME_HEAD, putFrame } from "../util/record-frame.js";

/** Field numbers of Event, Summary and Summary.Value. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const;
const SUMMARY_VALUE = 1;
const VALUE = { tag: 1, simpleValue: 2 } as const;
const VERSION = "brain.Event:2";

export interface EventFile {
  /** Writes scalars by tag; `step` counts the updates done. */
  write(step: number, scalars: Readonly<Record<string, number>>): void;
  sync(): void;
  close(): void;
}

/** The first record of every event file. */
export function encodeVersion(wallTime: number): Uint8Array {
  return frame(new ProtoWriter().double(EVENT.wallTime, wallTime).string(EVENT.fileVersion, VERSION));
}

/** One record with all scalars of a step; `wallTime` in seconds since 1970. */
export function encodeScalars(
  wallTime: number,
  step: number,
  scalars: Readonly<Record<string, number>>,
): Uint8Array {
  const summary = new ProtoWriter();
  for (const [tag, value] of Object.entries(scalars))
    summary.message(SUMMARY_VALUE, new ProtoWriter().string(VALUE.tag, tag).float(VALUE.simpleValue, value));
  return frame(
    new ProtoWriter()
      .double(EVENT.wallTime, wallTime)
      .varint(EVENT.step, step)
      .message(EVENT.summary, summary),
  );
}

/**
 * Opens the event file of `folder`, or begins one, after `step` updates: events of later steps, left by a run that was killed, are
 * dropped, and of `step` itself all but the first, that of the update: whether there is one of an evaluation depends on the
 * moment of the kill, so the caller writes it again. There is one file a run; its name has the time of the start and no name of a machine.
 */
export async function openEventFile(folder: string, step: number): Promise<EventFile> {
  await makeFolder(folder);
  const path = join(folder, nameOf(folder) ?? `events.out.tfevents.${Math.floor(now())}.clinicalbert`);
  let descriptor: number;
  try {
    await writeAtomic(path, keepUntil(path, step) ?? encodeVersion(now()));
    descriptor = openSync(path, "a", 0o600);
  } catch (error) {
    throw fileError(error, path);
  }
  return {
    write(at, scalars) {
      try {
        writeSync(descriptor, encodeScalars(now(), at, scalars));
      } catch (error) {
        throw fileError(error, path);
      }
    },
    sync: () => fsyncSync(descriptor),
    close: () => closeSync(descriptor),
  };
}

function nameOf(folder: string): string | undefined {
  return readdirSync(folder).find((name) => /^events\.out\.tfevents\.\d+\.clinicalbert$/.test(name));
}

/** The whole records of `path` up to the first of `step`; null for none. */
function keepUntil(path: string, step: number): Uint8Array | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return null;
  }
  let end = 0;
  while (end + FRAME_HEAD <= bytes.length) {
    const length = Number(bytes.readBigUInt64LE(end));
    const next = end + FRAME_HEAD + length + FRAME_FOOT;
    if (next > bytes.length) break;
    const at = stepOf(bytes.subarray(end + FRAME_HEAD, next - FRAME_FOOT));
    if (at > step) break;
    end = next;
    if (at === step && step > 0) break;
  }
  return end === 0 ? null : bytes.subarray(0, end);
}

function stepOf(event: Uint8Array): number {
  for (const field of readProtoFields(event))
    if (field.field === EVENT.step && field.wire === "varint") return Number(field.value);
  return 0;
}

function frame(event: ProtoWriter): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEAD + event.byteLength + FRAME_FOOT);
  bytes.set(event.toBytes(), FRAME_HEAD);
  putFrame(bytes, 0, event.byteLength);
  return bytes;
}

function now(): number {
  return Date.now() / 1000;
}
