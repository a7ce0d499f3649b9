import { expect, test } from "vitest";
import { ClinicalBertError } from "../errors.js";
import { fileError } from "./file-error.js";

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: patient John Doe`), { code });
}

test.each([
  ["ENOENT", "FILE_NOT_FOUND"],
  ["ENOTDIR", "FILE_NOT_FOUND"],
  ["EACCES", "FILE_ACCESS"],
  ["EPERM", "FILE_ACCESS"],
  ["EROFS", "FILE_ACCESS"],
  ["EISDIR", "FILE_ACCESS"],
  ["ENOSPC", "DISK_FULL"],
  ["EDQUOT", "DISK_FULL"],
  ["EFBIG", "DISK_FULL"],
])("%s becomes %s and names the path, never the system's message", (system, code) => {
  const error = fileError(systemError(system), "/a/b");
  expect(error).toMatchObject({ code, details: { path: "/a/b", system } });
  expect(error.message).toContain("/a/b");
  expect(error.message).not.toContain("John");
});

test("our own errors and unknown ones pass unchanged", () => {
  const own = new ClinicalBertError("ABORTED", "Stopped.");
  const unknown = systemError("EWEIRD");
  expect(fileError(own, "/a")).toBe(own);
  expect(fileError(unknown, "/a")).toBe(unknown);
  expect(fileError("text", "/a")).toBeInstanceOf(Error);
});
