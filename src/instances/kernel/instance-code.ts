/** @file The kernel that makes instances into records, as code: the loop over documents (create_pretraining_data.py:218–332). */
import { drawCode } from "../../util/mt19937-kernels.js";
import { advance, type Local, type WasmFunction } from "../../util/wasm-assembler.js";
import { type Code, either, i32, when, whileDo } from "../../util/wasm-instructions.js";
import type { InstanceSource } from "../instance-maker.js";
import { RECORD_HEADER_BYTES } from "../instance-record.js";
import { documentIn, firstSentence, type KernelCode } from "./kernel-code.js";
import { HISTOGRAM_BITS, type KernelLayout, SPECIALS, STATE, type StateName } from "./layout.js";
import { maskCode } from "./masking-code.js";
import { sealCode } from "./record-code.js";
import { rowCode } from "./row-code.js";
import { chooseSegments, copySegments, truncateSegments } from "./segment-code.js";

/** `make(toPlace, limit)`: records from `state.out` on until the document in place `toPlace` is reached or the byte `limit`. */
export function makeFunction(source: InstanceSource, layout: KernelLayout): WasmFunction {
  const { settings, vocabulary, plain } = source;
  return {
    name: "make",
    parameters: ["i32", "i32"],
    build([toPlace, limit], local, call) {
      const state = Object.fromEntries(STATE.map((name) => [name, local("i32")])) as Record<StateName, Local>;
      const named = (): Local => local("i32");
      const code: KernelCode = {
        source: { settings, vocabulary, plain, documents: source.documents.length },
        layout,
        draws: drawCode(layout.twister, state.next, local, call),
        local,
        call,
        state,
        first: named(),
        firstStart: named(),
        second: named(),
        secondStart: named(),
        document: named(),
        secondDocument: named(),
        isRandomNext: named(),
        length: named(),
        count: named(),
        ids: named(),
      };
      const rows = rowCode(code);
      const each = (act: (name: StateName, at: number) => Code): Code[] =>
        STATE.map((name, index) => act(name, layout.state + 4 * index));
      return [
        ...each((name, at) => state[name].set(i32.load(i32.const(at)))),
        whileDo(
          i32.and(i32.lessThan(state.place.get, toPlace!.get), i32.lessThan(state.out.get, limit!.get)),
          [
            code.document.set(documentIn(code, state.place.get)),
            when(i32.equal(state.sentence.get, state.end.get), startDocument(code)),
            ...chooseSegments(code, rows),
            ...truncateSegments(code),
            code.ids.set(i32.add(state.out.get, i32.const(RECORD_HEADER_BYTES))),
            ...copySegments(code, rows),
            ...maskCode(code),
            ...sealCode(code),
            ...countInstance(code),
            when(i32.equal(state.sentence.get, state.end.get), [advance(state.place, i32.const(1))]),
          ],
        ),
        ...each((name, at) => i32.store(i32.const(at), state[name].get)),
      ];
    },
  };
}

/** A document has a target length: rough length of its instances. */
function startDocument(code: KernelCode): Code[] {
  const { state, document, draws, source } = code;
  const { maxLength, shortSequenceProbability } = source.settings;
  const room = maxLength - SPECIALS;
  return [
    draws.isBelow(state.target, shortSequenceProbability).flat(),
    either(
      state.target.get,
      [...draws.below(state.target, i32.const(room - 1)), advance(state.target, i32.const(2))],
      [state.target.set(i32.const(room))],
    ),
    state.sentence.set(firstSentence(code, document.get, 0)),
    state.end.set(firstSentence(code, document.get, 1)),
  ];
}

function countInstance({ state, length, count, isRandomNext, layout, local }: KernelCode): Code[] {
  const bar = local("i32");
  return [
    advance(state.instances, i32.const(1)),
    advance(state.tokens, length.get),
    advance(state.randomNext, isRandomNext.get),
    advance(state.maskedTokens, count.get),
    bar.set(i32.shl(i32.shiftRight(length.get, i32.const(HISTOGRAM_BITS)), i32.const(2))),
    i32.store(bar.get, i32.add(i32.load(bar.get, layout.histogram), i32.const(1)), layout.histogram),
  ];
}
