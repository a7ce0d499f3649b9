/** @file Opens a tagger of notes from the address of a model folder, in a browser. */
import { MODEL_SHAPE_FILE } from "../../checkpoint/reading-files.js";
import { openModelFiles } from "../../checkpoint/web/model-files.js";
import { pipeline, type WebPretrainedOptions } from "../../pipelines/web/index.js";
import { fileOptions } from "../../pipelines/web/options.js";
import { parseModelShape } from "../model-shape.js";
import { createNoteTagger, type NoteTagger } from "../note-tagger.js";
import { sentenceReading } from "../sentence-reading.js";

/**
 * `openNoteTagger` of Node with an address in the place of a path: the same entities. Notes never leave the page. Throws what loading
 * throws.
 */
export async function openNoteTagger(
  source: string,
  options: WebPretrainedOptions = {},
): Promise<NoteTagger> {
  return createNoteTagger(await pipeline("token-classification", source, options), async () => {
    const files = await openModelFiles(source, fileOptions(options));
    const bytes = await files.read(MODEL_SHAPE_FILE);
    if (bytes === null) return null;
    const text = new TextDecoder().decode(bytes);
    return sentenceReading(parseModelShape(text, `${files.address}${MODEL_SHAPE_FILE}`));
  });
}
