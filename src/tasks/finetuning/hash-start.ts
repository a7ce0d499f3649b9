/** @file Which weights a run starts from, wherever their files lie: a run of other weights is another run. */
import { createHash } from "node:crypto";
import { openModel } from "../../checkpoint/open-model.js";
import { bytesOf } from "../../util/protobuf.js";

/** SHA-256 over the parameters of the model, in the order of their names; one tensor is in memory at a time. */
export async function hashStart(source: string): Promise<string> {
  const model = await openModel(source);
  try {
    const hash = createHash("sha256");
    const parameters = [...model.names.parameters].sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, source: stored } of parameters) {
      const { dims, data } = await model.weights.read(stored);
      hash.update(`${name} ${dims.join()}\n`).update(bytesOf(data));
    }
    return hash.digest("hex");
  } finally {
    await model.close();
  }
}
