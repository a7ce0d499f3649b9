/** @file Python's pickle as far as tensors need it: an interpreter that builds plain data and executes nothing. */
import type { ByteCursor } from "../../util/byte-cursor.js";

/** A class or function that a pickle names. Only names on the caller's allow-list ever become one. */
export class PickleGlobal {
  constructor(readonly qualifiedName: string) {}
}

/** `dict` and `OrderedDict` are `Map`, `list`, `tuple` and `set` arrays, `None` null, `int` number or bigint. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleGlobal
  | Map<PickleValue, PickleValue>
  | PickleValue[]
  | object;

export interface PickleHooks {
  /** Throws for a name that is not allowed. */
  findGlobal(module: string, name: string): PickleGlobal;
  /** What `callable(*args)` stands for. */
  construct(callable: PickleGlobal, args: readonly PickleValue[]): PickleValue;
  /** What a persistent id stands for (torch: a storage). */
  persistent(id: PickleValue): PickleValue;
  /** The error for bytes that are no pickle. */
  malformed(what: string, offset: number): Error;
}

const MARK = Symbol("mark");

/** Runs one pickle from the cursor's position to its STOP and leaves the cursor behind it. */
export function unpickle(cursor: ByteCursor, hooks: PickleHooks): PickleValue {
  return new Machine(cursor, hooks).run();
}

/** The stack machine of `pickletools`; the protocols 2 to 5 without out-of-band buffers and text opcodes. */
class Machine {
  private stack: (PickleValue | typeof MARK)[] = [];
  private readonly memo = new Map<number, PickleValue>();
  private opcodeAt = 0;

  constructor(
    private readonly cursor: ByteCursor,
    private readonly hooks: PickleHooks,
  ) {}

  run(): PickleValue {
    for (;;) {
      this.opcodeAt = this.cursor.position;
      const opcode = this.cursor.uint8();
      if (opcode === 0x2e /* STOP */) return this.pop();
      this.step(opcode);
    }
  }

  private step(opcode: number): void {
    const { cursor } = this;
    switch (opcode) {
      case 0x80: // PROTO
        if (cursor.uint8() > 5) throw this.malformed("protocol after 5");
        return;
      case 0x95: // FRAME
        cursor.skip(8);
        return;
      case 0x28: // MARK
        this.stack.push(MARK);
        return;
      case 0x30: // POP
        this.pop();
        return;
      case 0x4e: // NONE
        this.push(null);
        return;
      case 0x88: // NEWTRUE
        this.push(true);
        return;
      case 0x89: // NEWFALSE
        this.push(false);
        return;
      case 0x4a: // BININT
        this.push(cursor.int32());
        return;
      case 0x4b: // BININT1
        this.push(cursor.uint8());
        return;
      case 0x4d: // BININT2
        this.push(cursor.uint16());
        return;
      case 0x8a: // LONG1
        this.push(this.readLong(cursor.uint8()));
        return;
      case 0x8b: // LONG4
        this.push(this.readLong(cursor.int32()));
        return;
      case 0x47: // BINFLOAT
        this.push(cursor.float64BigEndian());
        return;
      case 0x58: // BINUNICODE
        this.push(this.readText(cursor.uint32()));
        return;
      case 0x8c: // SHORT_BINUNICODE
        this.push(this.readText(cursor.uint8()));
        return;
      case 0x8d: // BINUNICODE8
        this.push(this.readText(cursor.uint64()));
        return;
      case 0x54: // BINSTRING, a str of Python 2
        this.push(this.readText(cursor.int32()));
        return;
      case 0x55: // SHORT_BINSTRING
        this.push(this.readText(cursor.uint8()));
        return;
      case 0x42: // BINBYTES
        this.push(cursor.bytes(cursor.uint32()));
        return;
      case 0x43: // SHORT_BINBYTES
        this.push(cursor.bytes(cursor.uint8()));
        return;
      default:
        this.stepContainers(opcode);
    }
  }

  private stepContainers(opcode: number): void {
    const { cursor } = this;
    switch (opcode) {
      case 0x7d: // EMPTY_DICT
        this.push(new Map());
        return;
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
      case 0x8f: // EMPTY_SET
        this.push([]);
        return;
      case 0x74: // TUPLE
        this.push(this.popToMark());
        return;
      case 0x85: // TUPLE1
        this.push(this.popMany(1));
        return;
      case 0x86: // TUPLE2
        this.push(this.popMany(2));
        return;
      case 0x87: // TUPLE3
        this.push(this.popMany(3));
        return;
      case 0x61: // APPEND
        this.append(this.popMany(1));
        return;
      case 0x65: // APPENDS
      case 0x90: // ADDITEMS
        this.append(this.popToMark());
        return;
      case 0x73: // SETITEM
        this.setItems(this.popMany(2));
        return;
      case 0x75: // SETITEMS
        this.setItems(this.popToMark());
        return;
      case 0x71: // BINPUT
        this.memoize(cursor.uint8());
        return;
      case 0x72: // LONG_BINPUT
        this.memoize(cursor.uint32());
        return;
      case 0x94: // MEMOIZE
        this.memoize(this.memo.size);
        return;
      case 0x68: // BINGET
        this.recall(cursor.uint8());
        return;
      case 0x6a: // LONG_BINGET
        this.recall(cursor.uint32());
        return;
      default:
        this.stepObjects(opcode);
    }
  }

  private stepObjects(opcode: number): void {
    switch (opcode) {
      case 0x63: // GLOBAL
        this.push(this.hooks.findGlobal(this.cursor.line(), this.cursor.line()));
        return;
      case 0x69: // INST: calls what it names, so the name is asked for first
        this.hooks.findGlobal(this.cursor.line(), this.cursor.line());
        throw this.malformed("opcode INST, which tensors do not need");
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.popMany(2);
        if (typeof module !== "string" || typeof name !== "string")
          throw this.malformed("STACK_GLOBAL without two names");
        this.push(this.hooks.findGlobal(module, name));
        return;
      }
      case 0x51: // BINPERSID
        this.push(this.hooks.persistent(this.pop()));
        return;
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [callable, args] = this.popMany(2);
        if (!(callable instanceof PickleGlobal) || !Array.isArray(args))
          throw this.malformed("a call of something that is no function");
        this.push(this.hooks.construct(callable, args as PickleValue[]));
        return;
      }
      case 0x62: // BUILD: attributes of an object (state_dict's _metadata); tensors need none of them
        this.pop();
        return;
      default:
        throw this.malformed(`opcode 0x${opcode.toString(16).padStart(2, "0")}, which tensors do not need`);
    }
  }

  private push(value: PickleValue): void {
    this.stack.push(value);
  }

  private pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined || value === MARK) throw this.malformed("a pop from an empty stack");
    return value;
  }

  private popMany(count: number): PickleValue[] {
    const values: PickleValue[] = [];
    for (let index = 0; index < count; index++) values.push(this.pop());
    return values.reverse();
  }

  private popToMark(): PickleValue[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark === -1) throw this.malformed("a mark that is not there");
    const values = this.stack.splice(mark);
    return values.slice(1) as PickleValue[];
  }

  private top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined || value === MARK) throw this.malformed("an empty stack");
    return value;
  }

  private append(items: PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.malformed("an item appended to what is no list");
    for (const item of items) list.push(item);
  }

  private setItems(items: PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof Map) || items.length % 2 !== 0)
      throw this.malformed("an item set in what is no dict");
    for (let index = 0; index < items.length; index += 2) dict.set(items[index]!, items[index + 1]!);
  }

  private memoize(key: number): void {
    this.memo.set(key, this.top());
  }

  private recall(key: number): void {
    const value = this.memo.get(key);
    if (value === undefined) throw this.malformed(`memo ${key}, which was never put`);
    this.push(value);
  }

  private readText(length: number): string {
    const bytes = this.cursor.bytes(length);
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.malformed("text that is not UTF-8");
    }
  }

  /** Little-endian two's complement; a number where that is exact. */
  private readLong(length: number): number | bigint {
    const bytes = this.cursor.bytes(length);
    if (length > 255) throw this.malformed(`an integer of ${length} bytes`);
    let value = 0n;
    for (let index = length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[index]!);
    if (length > 0) value = BigInt.asIntN(8 * length, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  private malformed(what: string): Error {
    return this.hooks.malformed(`the pickle has ${what}`, this.opcodeAt);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
