/**
 * @file A very small WebAssembly assembler: functions are written as TypeScript expressions (`wasm-instructions.ts`) and become
 * bytes when a module is loaded, so that SIMD kernels need neither a toolchain nor binary files.
 */
import { internalError } from "../errors.js";
import { type Code, i32, unsigned } from "./wasm-instructions.js";

const VALUE_TYPES = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;
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

/** A function without a result: `parameters` in order, then the locals that `build` asks for. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  build(parameters: readonly Local[], local: (type: ValueType) => Local): readonly Code[];
}

function localAt(index: number): Local {
  return {
    get: [0x20, ...unsigned(index)],
    set: (value) => [...value, 0x21, ...unsigned(index)],
  };
}

function functionBody({ parameters, build }: WasmFunction): number[] {
  const locals: Code[] = [];
  const code = build(
    parameters.map((_, index) => localAt(index)),
    (type) => localAt(parameters.length + locals.push([1, VALUE_TYPES[type]]) - 1),
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
  readonly Instance: new (module: object) => { readonly exports: Record<string, unknown> };
}
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Assembles `functions` into one module with a memory of its own of at least `bytes`, and starts it. */
export function instantiate(functions: readonly WasmFunction[], bytes: number): WasmInstance {
  const types = functions.map(({ parameters }) => [
    0x60,
    ...vector(parameters.map((type) => [VALUE_TYPES[type]])),
    0,
  ]);
  const names = functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]);
  const binary = [
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(5, vector([[0x00, ...unsigned(Math.ceil(bytes / PAGE_BYTES))]])),
    ...section(7, vector([...names, [...text("memory"), 0x02, 0x00]])),
    ...section(10, vector(functions.map(functionBody))),
  ];
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(binary)));
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
