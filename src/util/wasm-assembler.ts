/**
 * @file A very small WebAssembly assembler: functions are written as TypeScript expressions (`wasm-instructions.ts`) and become
 * bytes when a module is loaded, so that SIMD kernels need neither a toolchain nor binary files.
 */
import { internalError } from "../errors.js";
import { type Code, i32, unsigned } from "./wasm-instructions.js";

const VALUE_TYPES = { i32: 0x7f, i64: 0x7e, f32: 0x7d, v128: 0x7b } as const;
export type ValueType = keyof typeof VALUE_TYPES;

const vector = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
const text = (value: string): number[] => vector(Array.from(value, (c) => [c.charCodeAt(0)]));
const section = (id: number, body: Code): number[] => [id, ...unsigned(body.length), ...body];

export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

/** Adds `by` to an i32. */
export function advance(local: Local, by: Code): Code {
  return local.set(i32.add(local.get, by));
}

/** The call of a function of the same module, or of an imported one, by its name. */
export type Call = (name: string, ...operands: readonly Code[]) => Code;

/** A function without a result: `parameters` in order, then the locals that `build` asks for. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  build(parameters: readonly Local[], local: (type: ValueType) => Local, call: Call): readonly Code[];
}

/** A function of JavaScript that a module may call: numbers are i32. */
export interface WasmImport {
  readonly name: string;
  readonly parameters: number;
  run(...values: number[]): void;
}

function localAt(index: number): Local {
  return {
    get: [0x20, ...unsigned(index)],
    set: (value) => [...value, 0x21, ...unsigned(index)],
  };
}

function functionBody({ parameters, build }: WasmFunction, call: Call): number[] {
  const locals: Code[] = [];
  const code = build(
    parameters.map((_, index) => localAt(index)),
    (type) => localAt(parameters.length + locals.push([1, VALUE_TYPES[type]]) - 1),
    call,
  );
  const body = [...vector(locals), ...code.flat(), 0x0b];
  return [...unsigned(body.length), ...body];
}

export interface WasmInstance {
  /** The memory, from its first byte; a new buffer after `reserve`. */
  readonly buffer: ArrayBuffer;
  /** Grows the memory to at least `bytes`. */
  reserve(bytes: number): void;
  readonly functions: Readonly<Record<string, (...values: number[]) => void>>;
}

const PAGE_BYTES = 65_536;

/** The part of the JavaScript API that is used: TypeScript has it in its browser library alone. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly imported: Record<string, (...values: number[]) => void> },
  ) => { readonly exports: Record<string, unknown> };
}
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Assembles `functions` into one module with a memory of its own of at least `bytes`, and starts it. */
export function instantiate(
  functions: readonly WasmFunction[],
  bytes: number,
  imports: readonly WasmImport[] = [],
): WasmInstance {
  const type = (parameters: readonly ValueType[]): Code => [
    0x60,
    ...vector(parameters.map((each) => [VALUE_TYPES[each]])),
    0,
  ];
  const types = [
    ...imports.map(({ parameters }) => type(new Array<ValueType>(parameters).fill("i32"))),
    ...functions.map(({ parameters }) => type(parameters)),
  ];
  const names = [...imports, ...functions].map(({ name }) => name);
  const call: Call = (name, ...operands) => {
    const index = names.indexOf(name);
    if (index === -1) throw internalError(`there is no WebAssembly function ${name}.`);
    return [...operands.flat(), 0x10, ...unsigned(index)];
  };
  const own = functions.map((_, index) => imports.length + index);
  const binary = Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(
      2,
      vector(
        imports.map(({ name }, index) => [...text("imported"), ...text(name), 0x00, ...unsigned(index)]),
      ),
    ),
    ...section(3, vector(own.map((index) => unsigned(index)))),
    ...section(5, vector([[0x00, ...unsigned(Math.ceil(bytes / PAGE_BYTES))]])),
    ...section(
      7,
      vector([
        ...own.map((index) => [...text(names[index]!), 0x00, ...unsigned(index)]),
        [...text("memory"), 0x02, 0x00],
      ]),
    ),
    ...section(10, vector(functions.map((each) => functionBody(each, call)))),
  ]);
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), {
    imported: Object.fromEntries(imports.map(({ name, run }) => [name, run])),
  });
  const memoryExport = exports["memory"] as WasmMemory;
  return {
    get buffer() {
      return memoryExport.buffer;
    },
    reserve(needed) {
      const missing = needed - memoryExport.buffer.byteLength;
      if (missing > 0 && memoryExport.grow(Math.ceil(missing / PAGE_BYTES)) < 0)
        throw internalError(`a WebAssembly memory of ${needed} bytes could not be had.`);
    },
    functions: exports as WasmInstance["functions"],
  };
}
