/** @file What the parts of the instance kernel share, and how they reach ids and documents. */
import type { DrawCode } from "../../util/mt19937-kernels.js";
import type { Call, Local } from "../../util/wasm-assembler.js";
import { type Code, i32, i64 } from "../../util/wasm-instructions.js";
import type { InstanceSource } from "../instance-maker.js";
import type { KernelLayout, PlanName, StateName } from "./layout.js";

/** Locals are named for what they hold. */
export interface KernelCode {
  readonly source: Pick<InstanceSource, "settings" | "vocabulary" | "plain"> & { readonly documents: number };
  readonly layout: KernelLayout;
  readonly draws: DrawCode;
  readonly local: (type: "i32" | "i64" | "v128") => Local;
  readonly call: Call;
  readonly state: Readonly<Record<StateName, Local>>;
  /**
   * Of the plan in hand. Tokens of the two segments, the token where each begins, modulo 2³², and the place of its document; 0 or 1;
   * the masked tokens; and all tokens of the instance.
   */
  readonly plan: Readonly<Record<PlanName | "length", Local>>;
  /** Byte of the plan in hand. */
  readonly planned: Local;
  /** Byte of the record in hand. */
  readonly record: Local;
  /** Byte of the first id. */
  readonly ids: Local;
}

/** Bits by which a token number is shifted to become bytes. */
export function idShift({ idBytes }: KernelLayout): number {
  return idBytes === 2 ? 1 : 2;
}

/** The byte of the id at `position`. */
export function idAt({ ids, layout }: KernelCode, position: Code): Code {
  return i32.add(ids.get, i32.shl(position, i32.const(idShift(layout))));
}

export function loadId({ layout }: KernelCode, address: Code): Code {
  return layout.idBytes === 2 ? i32.loadHalf(address) : i32.load(address);
}

export function storeId({ layout }: KernelCode, address: Code, id: Code): Code {
  return layout.idBytes === 2 ? i32.storeHalf(address, id) : i32.store(address, id);
}

/** The number of the sentence with which the document in a place begins; `offset` 1: of the one behind its last. */
export function firstSentence({ layout }: KernelCode, place: Code, offset: 0 | 1): Code {
  return i32.load(i32.shl(place, i32.const(3)), layout.sentenceRanges + 4 * offset);
}

/** The token with which the document in a place begins, as i64. */
export function firstToken({ layout }: KernelCode, place: Code): Code {
  return i64.load(i32.shl(place, i32.const(3)), layout.firstTokens);
}
