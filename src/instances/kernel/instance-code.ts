/** @file The kernel that makes instances into records, as code: the loop over documents (create_pretraining_data.py:218–332). */
import { drawCode } from "../../util/mt19937-kernels.js";
import { advance, type Local, type WasmFunction } from "../../util/wasm-assembler.js";
import { type Code, doWhile, either, i32, when, whileDo } from "../../util/wasm-instructions.js";
import type { InstanceSource } from "../instance-maker.js";
import { RECORD_HEADER_BYTES } from "../instance-record.js";
import { firstSentence, type KernelCode } from "./kernel-code.js";
import { HISTOGRAM_BITS, type KernelLayout, PLAN, PLANS, SPECIALS, STATE } from "./layout.js";
import { applyMasks, drawMasks, isBlind } from "./masking-code.js";
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
      const named = (): Local => local("i32");
      const locals = <Name extends string>(names: readonly Name[]): Record<Name, Local> =>
        Object.fromEntries(names.map((name) => [name, named()])) as Record<Name, Local>;
      const state = locals(STATE);
      const code: KernelCode = {
        source: { settings, vocabulary, plain, documents: source.documents.length },
        layout,
        draws: drawCode(layout.twister, state.next, local, call),
        local,
        call,
        state,
        plan: locals(PLAN),
        planned: named(),
        ids: named(),
      };
      const rows = rowCode(code);
      const blind = isBlind(code.source);
      const each = <Name extends string>(
        names: readonly Name[],
        act: (name: Name, offset: number) => Code,
      ): Code[] => names.map((name, index) => act(name, 4 * index));
      const behind = named();
      const { planned, plan } = code;
      const { at, bytes } = layout.plans;
      const planInstance: Code[] = [
        when(i32.equal(state.sentence.get, state.end.get), startDocument(code)),
        ...chooseSegments(code, rows),
        ...truncateSegments(code),
        ...(blind ? drawMasks(code) : []),
        ...each(PLAN, (name, offset) => i32.store(planned.get, plan[name].get, offset)),
        when(i32.equal(state.sentence.get, state.end.get), [advance(state.place, i32.const(1))]),
        advance(planned, i32.const(bytes)),
      ];
      const makeInstance: Code[] = [
        ...each(PLAN, (name, offset) => plan[name].set(i32.load(planned.get, offset))),
        code.ids.set(i32.add(state.out.get, i32.const(RECORD_HEADER_BYTES))),
        ...copySegments(code, rows),
        ...(blind ? [] : drawMasks(code)),
        ...applyMasks(code),
        ...sealCode(code),
        ...countInstance(code),
        advance(planned, i32.const(bytes)),
      ];
      return [
        ...each(STATE, (name, offset) => state[name].set(i32.load(i32.const(layout.state + offset)))),
        whileDo(
          i32.and(i32.lessThan(state.place.get, toPlace!.get), i32.lessThan(state.out.get, limit!.get)),
          [
            planned.set(i32.const(at)),
            doWhile(
              planInstance,
              i32.and(
                i32.lessThan(planned.get, i32.const(at + (blind ? PLANS : 1) * bytes)),
                i32.lessThan(state.place.get, toPlace!.get),
              ),
            ),
            behind.set(planned.get),
            planned.set(i32.const(at)),
            doWhile(
              [
                plan.firstStart.set(i32.load(planned.get, 4 * PLAN.indexOf("firstStart"))),
                plan.secondStart.set(i32.load(planned.get, 4 * PLAN.indexOf("secondStart"))),
                ...rows.fetchTokens(plan.firstStart, state.fetched),
                ...rows.fetchTokens(plan.secondStart, state.fetched),
                advance(planned, i32.const(bytes)),
              ],
              i32.lessThan(planned.get, behind.get),
            ),
            planned.set(i32.const(at)),
            doWhile(makeInstance, i32.lessThan(planned.get, behind.get)),
          ],
        ),
        ...each(STATE, (name, offset) => i32.store(i32.const(layout.state + offset), state[name].get)),
      ];
    },
  };
}

/** A document has a target length: rough length of its instances. */
function startDocument(code: KernelCode): Code[] {
  const { state, draws, source } = code;
  const { maxLength, shortSequenceProbability } = source.settings;
  const room = maxLength - SPECIALS;
  return [
    draws.isBelow(state.target, shortSequenceProbability).flat(),
    either(
      state.target.get,
      [...draws.below(state.target, i32.const(room - 1)), advance(state.target, i32.const(2))],
      [state.target.set(i32.const(room))],
    ),
    state.sentence.set(firstSentence(code, state.place.get, 0)),
    state.end.set(firstSentence(code, state.place.get, 1)),
  ];
}

function countInstance({ state, plan, layout, local }: KernelCode): Code[] {
  const { length, count, isRandomNext } = plan;
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
