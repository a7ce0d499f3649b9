/**
 * @file Reads the weights of a Keras model (`tf_model.h5`): every array of an HDF5 file in the layout that h5py writes by default
 * (superblock 0, symbol tables, arrays in one piece). Other layouts, links to other places and filters are refused by name.
 */
import type { ByteSource } from "../../util/byte-source.js";
import { type LocatedArray, requireFit, weightsAt } from "../located-arrays.js";
import { damaged, type Weights } from "../weights.js";
import { type Blocks, createBlocks, requireSignature } from "./blocks.js";
import { type GroupObject, readObject } from "./object-header.js";

const SUPERBLOCK_BYTES = 96;
const MOST_DEPTH = 32;
const MOST_OBJECTS = 100_000;
const LONGEST_NAME = 1024;

/** Finds the arrays of `source` and takes ownership of it. Names are the groups from the root, joined by "/". */
export async function readHdf5(source: ByteSource): Promise<Weights> {
  const { path } = source;
  const blocks = createBlocks(source);
  const arrays = new Map<string, LocatedArray>();
  let objects = 0;
  const visit = async (address: number, name: string, depth: number): Promise<void> => {
    if (++objects > MOST_OBJECTS || depth > MOST_DEPTH)
      throw blocks.damaged("the file has too many or too deep groups", address);
    const object = await readObject(blocks, address, name);
    if (object.kind === "array") {
      if (arrays.has(name)) throw damaged(path, "the file has it twice", { tensor: name, offset: address });
      requireFit(source, name, object, object.length);
      arrays.set(name, object);
    } else
      for (const [member, memberAddress] of await membersOf(blocks, object))
        await visit(memberAddress, name === "" ? member : `${name}/${member}`, depth + 1);
  };
  await visit(await rootAddress(blocks), "", 0);
  return weightsAt(source, "keras", arrays);
}

/** The superblock's root group. */
async function rootAddress(blocks: Blocks): Promise<number> {
  const cursor = await blocks.open(0, Math.min(SUPERBLOCK_BYTES, blocks.source.size), "the superblock");
  cursor.skip(8);
  const version = cursor.uint8();
  if (version > 3) throw blocks.damaged(`the superblock has version ${version}`, 8);
  if (version > 0) throw blocks.unsupported(`a superblock of version ${version} (h5py writes 0 by default)`);
  cursor.skip(4);
  const [offsetBytes, lengthBytes] = [cursor.uint8(), cursor.uint8()];
  if (offsetBytes !== 8 || lengthBytes !== 8)
    throw blocks.unsupported(`addresses of ${offsetBytes} and lengths of ${lengthBytes} bytes`);
  cursor.skip(1 + 8);
  if (cursor.uint64() !== 0) throw blocks.unsupported("a block of its user before the file");
  cursor.skip(3 * 8 + 8);
  return cursor.uint64();
}

/** Names and addresses of a group's members, from the nodes of its tree. */
async function membersOf(
  blocks: Blocks,
  { treeAddress, heapAddress }: GroupObject,
): Promise<[name: string, address: number][]> {
  const nameAt = await openHeap(blocks, heapAddress);
  const members: [string, number][] = [];
  const visit = async (address: number): Promise<void> => {
    const head = await blocks.open(address, 24, "a tree");
    requireSignature(head, "TREE", blocks);
    const [type, level, entries] = [head.uint8(), head.uint8(), head.uint16()];
    if (type !== 0 || level > MOST_DEPTH)
      throw blocks.damaged(`a tree has type ${type}, level ${level}`, address);
    const body = await blocks.open(address + 24, entries * 16, "a tree");
    for (let entry = 0; entry < entries; entry++) {
      body.skip(8);
      const child = body.uint64();
      if (level > 0) await visit(child);
      else members.push(...(await symbolsOf(blocks, child, nameAt)));
    }
  };
  await visit(treeAddress);
  return members;
}

const SOFT_LINK = 2;

async function symbolsOf(
  blocks: Blocks,
  address: number,
  nameAt: (offset: number) => string,
): Promise<[name: string, address: number][]> {
  const head = await blocks.open(address, 8, "a symbol table");
  requireSignature(head, "SNOD", blocks);
  head.skip(2);
  const count = head.uint16();
  const body = await blocks.open(address + 8, count * 40, "a symbol table");
  return Array.from({ length: count }, () => {
    const name = nameAt(body.uint64());
    const object = body.uint64();
    if (body.uint32() === SOFT_LINK) throw blocks.unsupported("links to other places", name);
    body.skip(20);
    return [name, object];
  });
}

/** The names of a group's members. */
async function openHeap(blocks: Blocks, address: number): Promise<(offset: number) => string> {
  const head = await blocks.open(address, 32, "a heap of names");
  requireSignature(head, "HEAP", blocks);
  head.skip(4);
  const size = head.uint64();
  head.skip(8);
  const start = head.uint64();
  const bytes = Buffer.from((await blocks.open(start, size, "a heap of names")).bytes(size));
  return (offset) => {
    const end = bytes.indexOf(0, offset);
    if (offset >= size || end < 0 || end - offset > LONGEST_NAME || end === offset)
      throw blocks.damaged("a name is not in its heap", start);
    return bytes.toString("utf8", offset, end);
  };
}
