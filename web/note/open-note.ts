/** @file A note that is open in the page, and how files become notes. Nothing here leaves the page. */

export interface OpenNote {
  /** Unique in the page. */
  readonly key: number;
  readonly name: string;
  /** As in the file: no line end, no character is changed. */
  readonly text: string;
}

let last = 0;

export function createNote(name: string, text: string): OpenNote {
  return { key: ++last, name, text };
}

/** Largest file that is opened; ten times the longest notes known. */
export const LARGEST_NOTE = 8_000_000;

/** Reads a file as UTF-8; a byte that is not becomes U+FFFD. Throws for a file too large to be a note. */
export async function readNote(file: File): Promise<OpenNote> {
  if (file.size > LARGEST_NOTE)
    throw new Error(`${file.name} has ${file.size} bytes; notes of at most ${LARGEST_NOTE} are opened.`);
  return createNote(file.webkitRelativePath || file.name, await file.text());
}

/** Files of a folder that hold notes. */
export function isNoteFile({ name, size }: File): boolean {
  return /\.(txt|text|note)$/i.test(name) && size <= LARGEST_NOTE;
}
