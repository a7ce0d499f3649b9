/** @file Writes TensorFlow V2 checkpoints of one shard, which TensorFlow and Google's BERT scripts read. */

import { bytesPerElement } from "../../graph/dtype.js";
import { sizeOf, type Tensor } from "../../graph/tensor.js";
import { openAtomic, writeAtomic } from "../../util/atomic-file.js";
import { crc32c, maskCrc32c } from "../../util/crc32c.js";
import { bytesOf } from "../../util/protobuf.js";
import { type TensorSource, tensorsInMemory } from "../weights.js";
import { writeBundleEntry, writeBundleHeader } from "./bundle-entry.js";
import { shardPath } from "./reader.js";
import { buildTable, type TableEntry } from "./table.js";

/**
 * Writes `prefix.data-00000-of-00001`, then `prefix.index`: an index that is there has its data. Names are written as
 * they are; `googleNames` of this folder gives those of google-research/bert.
 */
export async function writeTensorflow(
  prefix: string,
  tensors: ReadonlyMap<string, Tensor> | TensorSource,
): Promise<void> {
  const source = tensors instanceof Map ? tensorsInMemory(tensors) : (tensors as TensorSource);
  const ordered = [...source.tensors].sort((a, b) =>
    Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  );
  const entries: TableEntry[] = [{ key: "", value: writeBundleHeader(1) }];
  const file = await openAtomic(shardPath(prefix, 0, 1));
  try {
    let offset = 0;
    for (const { name, type, dims } of ordered) {
      const bytes = bytesOf((await source.read(name)).data);
      await file.write(bytes);
      const size = sizeOf(dims) * bytesPerElement(type);
      const crc = maskCrc32c(crc32c(bytes));
      entries.push({ key: name, value: writeBundleEntry({ type, dims, offset, size, crc }) });
      offset += size;
    }
    await file.commit();
  } finally {
    await file.discard();
  }
  await writeAtomic(`${prefix}.index`, buildTable(entries));
}
