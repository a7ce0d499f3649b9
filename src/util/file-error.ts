/** @file Turns the operating system's errors into `ClinicalBertError`s that name the path. */
import { ClinicalBertError } from "../errors.js";

/** `error` as a `ClinicalBertError` naming `path`; one that is a `ClinicalBertError` already passes unchanged. */
export function fileError(error: unknown, path: string): Error {
  if (error instanceof ClinicalBertError) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code ?? "";
  const details = { path, system: code };
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return new ClinicalBertError("FILE_NOT_FOUND", `${path} does not exist.`, { details });
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "EISDIR":
    case "EEXIST":
      return new ClinicalBertError("FILE_ACCESS", `${path} cannot be opened (${code}).`, { details });
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return new ClinicalBertError("DISK_FULL", `No space left while writing ${path} (${code}).`, {
        details,
      });
    default:
      return error instanceof Error ? error : new Error(String(error));
  }
}
