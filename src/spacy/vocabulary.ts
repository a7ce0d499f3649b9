/** @file The parts of a spaCy 3 vocabulary that inference needs: norms and static vectors. */

import { ClinicalBertError } from "../errors.js";
import { asMap, asNumber, asText, corruptFile, decodeMsgpack } from "./msgpack.js";
import { readNpy } from "./npy.js";
import { createStringIds } from "./string-ids.js";
import { BASE_NORMS, SYMBOL_RUNS } from "./tables/spacy-v3.generated.js";
import type { StaticVectors } from "./token-vectors.js";
import type { NormOf } from "./word-types.js";

/** Ids of strings in spaCy 3. */
export const stringIdsV3 = createStringIds(SYMBOL_RUNS);

const baseNorms = new Map(Object.entries(BASE_NORMS));

/** Norm of a word: the table `lexeme_norm` of `vocab/lookups.bin`, then spaCy's base norms, then lower case. */
export function readNorms(lookups: Uint8Array | null): NormOf {
  const file = "vocab/lookups.bin";
  const table =
    lookups === null ? undefined : asMap(decodeMsgpack(lookups, file), file, "the file")["lexeme_norm"];
  const norms = table === undefined ? {} : asMap(table, file, "lexeme_norm");
  const known = Object.keys(norms).length > 0;
  return (text) => {
    const norm = known ? norms[stringIdsV3(text).toString()] : undefined;
    if (norm !== undefined) return asText(norm, file, "a norm");
    return baseNorms.get(text) ?? text.toLowerCase();
  };
}

export interface VectorFiles {
  readonly vectors: Uint8Array;
  readonly keys: Uint8Array;
  readonly config: Uint8Array | null;
}

/** Rows of words in the table of static vectors: `vocab/key2row`, many words to one row. */
export function readVectorTable(files: VectorFiles): Pick<StaticVectors, "table" | "size" | "rowOf"> {
  const mode = vectorMode(files.config);
  if (mode !== "default")
    throw new ClinicalBertError(
      "SPACY_UNSUPPORTED",
      `vocab/vectors.cfg: vectors of mode ${mode}; only "default" is implemented.`,
      {
        details: { file: "vocab/vectors.cfg", mode, allowed: ["default"] },
      },
    );
  const { shape, data } = readNpy(files.vectors, "vocab/vectors");
  if (shape.length !== 2) throw corruptFile("vocab/vectors", "it is not a table");
  const [rows, size] = shape as [number, number];
  const packed = asMap(decodeMsgpack(files.keys, "vocab/key2row"), "vocab/key2row", "the file");
  const rowById = new Map<bigint, number>();
  for (const [id, row] of Object.entries(packed))
    rowById.set(BigInt(id), asNumber(row, "vocab/key2row", "a row"));
  for (const row of rowById.values())
    if (row >= rows) throw corruptFile("vocab/key2row", `row ${row} is past the ${rows} of vocab/vectors`);
  return { table: data, size, rowOf: (id) => rowById.get(id) ?? -1 };
}

function vectorMode(config: Uint8Array | null): string {
  if (config === null) return "default";
  try {
    return String((JSON.parse(new TextDecoder().decode(config)) as { mode?: string }).mode ?? "default");
  } catch {
    throw corruptFile("vocab/vectors.cfg", "it is not JSON");
  }
}
