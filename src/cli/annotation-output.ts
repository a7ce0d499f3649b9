/** @file Annotations as files of other programs: one file (or standard output), or a folder with a file a document. */
import { join } from "node:path";
import { ClinicalBertError } from "../errors.js";
import {
  FOLDER_FORMATS,
  type FormattedFile,
  type ReadingProblem,
  type WrittenFormat,
} from "../tasks/index.js";
import { writeAtomic } from "../util/atomic-file.js";
import { makeFolder } from "../util/make-folder.js";
import type { CliContext } from "./context.js";
import { openOutput, type Output } from "./output.js";

/** Takes the files of `formatExamples`, call by call. */
export interface AnnotationOutput extends Pick<Output, "commit" | "discard"> {
  write(files: readonly FormattedFile[]): Promise<void>;
}

/** Throws `USAGE` where a format of a file a document has no folder; `flag` chose the format, `outFlag` names the folder. */
export function requireFolder(flag: string, format: WrittenFormat, out: string, outFlag = "--out"): void {
  if (FOLDER_FORMATS.has(format) && out === "-")
    throw new ClinicalBertError("USAGE", `${flag} ${format} writes a file for each document.`, {
      remedy: `Name a folder with ${outFlag}.`,
    });
}

/** Opens the file `out` (`-`: standard output), or the folder `out` for a format of a file a document. */
export async function openAnnotations(
  context: CliContext,
  format: WrittenFormat,
  out: string,
): Promise<AnnotationOutput> {
  if (FOLDER_FORMATS.has(format)) return openFolder(context, out);
  const output = await openOutput(context, out);
  return {
    async write(files) {
      for (const { contents } of files) await output.write(contents);
    },
    commit: () => output.commit(),
    discard: () => output.discard(),
  };
}

/** All files of one `formatExamples`. */
export async function writeAnnotations(
  context: CliContext,
  format: WrittenFormat,
  out: string,
  files: readonly FormattedFile[],
): Promise<void> {
  const output = await openAnnotations(context, format, out);
  try {
    await output.write(files);
    await output.commit();
  } finally {
    await output.discard();
  }
}

async function openFolder(context: CliContext, folder: string): Promise<AnnotationOutput> {
  await makeFolder(folder);
  return {
    async write(files) {
      for (const { name, contents } of files) {
        context.signal.throwIfAborted();
        await writeAtomic(join(folder, name), contents);
      }
    },
    async commit() {},
    async discard() {},
  };
}

/** `; 38 discontinuous, 12 nested`; nothing where there are none. */
export function countReasons(problems: readonly Pick<ReadingProblem, "reason">[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of problems) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  if (counts.size === 0) return "";
  return `; ${[...counts].map(([reason, count]) => `${count} ${reason}`).join(", ")}`;
}
