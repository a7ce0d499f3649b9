/** @file Object headers of version 1: the messages that say what an object is, a group or an array. */
import type { DType } from "../../graph/dtype.js";
import type { ByteCursor } from "../../util/byte-cursor.js";
import { type Blocks, UNDEFINED } from "./blocks.js";

export interface GroupObject {
  readonly kind: "group";
  readonly treeAddress: number;
  readonly heapAddress: number;
}

export interface ArrayObject {
  readonly kind: "array";
  readonly type: DType;
  readonly dims: readonly number[];
  /** Of the bytes in the file, without gaps; undefined for an array without elements. */
  readonly start: number;
  readonly length: number;
}

interface Message {
  readonly type: number;
  readonly shared: boolean;
  readonly body: ByteCursor;
}

const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  continuation: 0x10,
  symbolTable: 0x11,
} as const;
const SHARED = 2;
const MOST_CONTINUATIONS = 1000;

/** Reads the object at `address`; `name` is its path in the file, for errors. */
export async function readObject(
  blocks: Blocks,
  address: number,
  name: string,
): Promise<GroupObject | ArrayObject> {
  const found = new Map<number, Message>();
  for (const message of await readMessages(blocks, address)) found.set(message.type, message);
  const refused = [
    [MESSAGE.linkInfo, "groups of HDF5 1.8's own kind (libver latest)"],
    [MESSAGE.link, "groups of HDF5 1.8's own kind (libver latest)"],
    [MESSAGE.externalFiles, "arrays in other files"],
    [MESSAGE.filters, "compressed or filtered arrays"],
  ] as const;
  for (const [type, what] of refused) if (found.has(type)) throw blocks.unsupported(what, name);
  const table = found.get(MESSAGE.symbolTable);
  if (table !== undefined)
    return { kind: "group", treeAddress: table.body.uint64(), heapAddress: table.body.uint64() };
  const [space, datatype, layout] = [MESSAGE.dataspace, MESSAGE.datatype, MESSAGE.layout].map((type) =>
    found.get(type),
  );
  if (space === undefined || datatype === undefined || layout === undefined)
    throw blocks.damaged(
      `the object ${JSON.stringify(name.slice(0, 200))} is neither group nor array`,
      address,
    );
  if (datatype.shared || space.shared)
    throw blocks.unsupported("types and shapes that stand elsewhere", name);
  const dims = readDims(space.body, blocks, name);
  return {
    kind: "array",
    type: readType(datatype.body, blocks, name),
    dims,
    ...readPlace(layout.body, blocks, name),
  };
}

async function readMessages(blocks: Blocks, address: number): Promise<Message[]> {
  const prefix = await blocks.open(address, 16, "an object header");
  const version = prefix.uint8();
  if (version === 0x4f) throw blocks.unsupported("objects of HDF5 1.8's own kind (libver latest)");
  if (version !== 1) throw blocks.damaged(`an object header has version ${version}`, address);
  prefix.skip(1);
  let left = prefix.uint16();
  prefix.skip(4);
  const waiting: [address: number, length: number][] = [[address + 16, prefix.uint32()]];
  const messages: Message[] = [];
  for (let next = 0; next < waiting.length && left > 0; next++) {
    if (next > MOST_CONTINUATIONS) throw blocks.damaged("an object header has too many parts", address);
    const cursor = await blocks.open(...waiting[next]!, "an object header");
    while (cursor.remaining >= 8 && left > 0) {
      left--;
      const type = cursor.uint16();
      const length = cursor.uint16();
      const shared = (cursor.uint8() & SHARED) !== 0;
      cursor.skip(3);
      const body = cursor.sub(length);
      if (type === MESSAGE.continuation) waiting.push([body.uint64(), body.uint64()]);
      else messages.push({ type, shared, body });
    }
  }
  return messages;
}

const MOST_DIMS = 32;

function readDims(body: ByteCursor, blocks: Blocks, name: string): number[] {
  const at = body.position;
  const version = body.uint8();
  const rank = body.uint8();
  if ((version !== 1 && version !== 2) || rank > MOST_DIMS)
    throw blocks.damaged(
      `the shape of ${JSON.stringify(name.slice(0, 200))} has version ${version}, ${rank} axes`,
      at,
    );
  body.skip(version === 1 ? 6 : 2);
  return Array.from({ length: rank }, () => body.uint64());
}

const FLOATS: Readonly<Record<number, readonly [DType, exponentBits: number]>> = {
  2: ["float16", 5],
  4: ["float32", 8],
  8: ["float64", 11],
};
const INTEGERS: Readonly<Record<string, DType>> = {
  "1 signed": "int8",
  "1 unsigned": "uint8",
  "2 signed": "int16",
  "4 signed": "int32",
  "8 signed": "int64",
};

function readType(body: ByteCursor, blocks: Blocks, name: string): DType {
  const kind = body.uint8() & 15;
  const bits = body.uint8();
  body.skip(2);
  const size = body.uint32();
  const littleEndian = (bits & 0x41) === 0;
  if (kind === 1 && littleEndian && Object.hasOwn(FLOATS, size)) {
    const [type, exponentBits] = FLOATS[size]!;
    const offset = body.uint16();
    const precision = body.uint16();
    body.skip(1);
    if (offset === 0 && precision === size * 8 && body.uint8() === exponentBits) return type;
  }
  const integer = INTEGERS[`${size} ${(bits & 8) === 0 ? "unsigned" : "signed"}`];
  if (kind === 0 && (bits & 1) === 0 && integer !== undefined) return integer;
  throw blocks.unsupported(`a type of class ${kind} and ${size} bytes`, name);
}

function readPlace(body: ByteCursor, blocks: Blocks, name: string): { start: number; length: number } {
  const version = body.uint8();
  const kind = body.uint8();
  if (version !== 3 && version !== 4) throw blocks.unsupported(`a layout of version ${version}`, name);
  if (kind === 0) {
    const length = body.uint16();
    return { start: body.position, length };
  }
  if (kind !== 1) throw blocks.unsupported("arrays in chunks", name);
  const address = body.uint64();
  return { start: address, length: address === UNDEFINED ? 0 : body.uint64() };
}
