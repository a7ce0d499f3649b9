/** @file PyTorch files before 1.6, the format of the published Bio_ClinicalBERT: five pickles, then the storages. */
import { bytesPerElement } from "../../graph/dtype.js";
import { ByteCursor } from "../../util/byte-cursor.js";
import { type ByteSource, readBytes } from "../../util/byte-source.js";
import { damaged, quoteName, unsupported, type Weights } from "../weights.js";
import { type PickleHooks, type PickleValue, unpickle } from "./pickle.js";
import { pytorchWeights } from "./pytorch-weights.js";
import { collectTensors } from "./state-dict.js";
import { StorageHandle, type StorageRef, torchHooks } from "./storages.js";

/** `MAGIC_NUMBER` and `PROTOCOL_VERSION` of torch/serialization.py. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
const FIRST_WINDOW = 1 << 16;
const LARGEST_WINDOW = 1 << 28;

/** The pickles before the storages. */
interface Head {
  readonly value: PickleValue;
  readonly keys: readonly string[];
  /** Position after the last pickle. */
  readonly end: number;
}

class WindowTooSmall extends Error {}

/** Reads the pickles of `source` and takes ownership of it. */
export async function readPytorchLegacy(source: ByteSource): Promise<Weights> {
  const { path } = source;
  const storages = new Map<string, StorageRef>();
  const { value, keys, end } = await readHead(source, storages);
  const tensors = collectTensors(value);
  const starts = await locateStorages(source, keys, storages, end);
  for (const [name, { storage }] of tensors)
    if (!starts.has(storage.key))
      throw damaged(path, `its storage ${quoteName(storage.key)} is not in the file`, { tensor: name });
  return pytorchWeights(source, tensors, async ({ storage }) => starts.get(storage.key)!);
}

/** The length of the pickles is known only after running them: the window doubles until they fit. */
async function readHead(source: ByteSource, storages: Map<string, StorageRef>): Promise<Head> {
  const { path, size } = source;
  for (let length = FIRST_WINDOW; ; length *= 2) {
    const whole = length >= size || length >= LARGEST_WINDOW;
    const window = await readBytes(source, 0, Math.min(length, size));
    storages.clear();
    try {
      const cursor = new ByteCursor(window, 0, (offset) =>
        whole ? damaged(path, "the pickles end too early", { offset }) : new WindowTooSmall(),
      );
      return parseHead(path, cursor, storages);
    } catch (error) {
      if (!(error instanceof WindowTooSmall)) throw error;
    }
  }
}

function parseHead(path: string, cursor: ByteCursor, storages: Map<string, StorageRef>): Head {
  const hooks = torchHooks(path, (what, offset) => damaged(path, what, { offset }));
  const remembering: PickleHooks = {
    ...hooks,
    persistent(id) {
      const handle = hooks.persistent(id);
      if (!(handle instanceof StorageHandle)) return handle;
      const known = storages.get(handle.ref.key);
      if (known !== undefined && (known.type !== handle.ref.type || known.length !== handle.ref.length))
        throw damaged(path, `the storage ${quoteName(handle.ref.key)} is described twice`, {
          offset: cursor.position,
        });
      storages.set(handle.ref.key, handle.ref);
      return handle;
    },
  };
  if (unpickle(cursor, hooks) !== MAGIC) throw damaged(path, "the magic number is missing", { offset: 0 });
  const protocol = unpickle(cursor, hooks);
  if (protocol !== PROTOCOL) throw unsupported(path, `protocol ${String(protocol)} instead of ${PROTOCOL}`);
  const system = unpickle(cursor, hooks);
  if (system instanceof Map && system.get("little_endian") === false)
    throw unsupported(path, "byte order big instead of little");
  const value = unpickle(cursor, remembering);
  const keys = unpickle(cursor, hooks);
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === "string" || typeof key === "number"))
    throw damaged(path, "the list of storages is none", { offset: cursor.position });
  return { value, keys: keys.map(String), end: cursor.position };
}

/** Each storage is an int64 count, then its elements. */
async function locateStorages(
  source: ByteSource,
  keys: readonly string[],
  storages: ReadonlyMap<string, StorageRef>,
  end: number,
): Promise<Map<string, number>> {
  const { path } = source;
  const starts = new Map<string, number>();
  let position = end;
  for (const key of keys) {
    const storage = storages.get(key);
    if (storage === undefined)
      throw damaged(path, `the storage ${quoteName(key)} belongs to no tensor`, { offset: position });
    const prefix = await readBytes(source, position, 8);
    const count = new DataView(prefix.buffer).getBigInt64(0, true);
    if (count !== BigInt(storage.length))
      throw damaged(
        path,
        `the storage ${quoteName(key)} has ${count} elements, the pickle says ${storage.length}`,
        {
          offset: position,
        },
      );
    starts.set(key, position + 8);
    position += 8 + storage.length * bytesPerElement(storage.type);
    if (position > source.size)
      throw damaged(path, `the storage ${quoteName(key)} ends after the file (${source.size} bytes)`, {
        offset: position,
      });
  }
  return starts;
}
