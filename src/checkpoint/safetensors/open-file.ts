/** @file Opens a `.safetensors` file. */
import { openFileSource } from "../../util/file-source.js";
import type { Weights } from "../weights.js";
import { readSafetensors } from "./reader.js";

/** The weights of the file at `path`; throws `FILE_NOT_FOUND` and `CHECKPOINT_DAMAGED`. */
export async function openSafetensors(path: string): Promise<Weights> {
  const source = await openFileSource(path);
  try {
    return await readSafetensors(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}
