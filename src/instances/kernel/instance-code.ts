/** @file The kernel that makes instances into records, as code: the loop over documents (create_pretraining_data.py:218–332). */
import { drawCode } from "../../util/mt19937-kernels.js";
import { advance, type Call, type Local, type WasmFunction } from "../../util/wasm-assembler.js";
import { type Code, doWhile, either, i32, when, whileDo } from "../../util/wasm-instructions.js";
import type { InstanceSource } from "../instance-maker.js";
import { RECORD_HEADER_BYTES } from "../instance-record.js";
import { firstSentence, type KernelCode } from "./kernel-code.js";
import {
  HISTOGRAM_BITS,
  type KernelLayout,
  PLAN_HALVES,
  PLAN_WORDS,
  PLANS,
  SPECIALS,
  STATE,
} from "./layout.js";
import { applyMasks, drawMasks, isBlind } from "./masking-code.js";
import { eachRecordCode } from "./ordered-code.js";
import { sealCode } from "./record-code.js";
import { type RowCode, rowCode } from "./row-code.js";
import { chooseSegments, copySegments, setLength, truncateSegments } from "./segment-code.js";

/** `make`, `plan` and `write`. */
export function instanceFunctions(source: InstanceSource, layout: KernelLayout): WasmFunction[] {
  return [makeFunction(source, layout), planFunction(source, layout), writeFunction(source, layout)];
}

/** `make(toPlace, limit)`: records from `state.out` on until the document in place `toPlace` is reached or the byte `limit`. */
function makeFunction(source: InstanceSource, layout: KernelLayout): WasmFunction {
  return {
    name: "make",
    parameters: ["i32", "i32"],
    build([toPlace, limit], local, call) {
      const code = kernelCode(source, layout, local, call);
      const rows = rowCode(code);
      const { planned, state, record } = code;
      const { at, bytes } = layout.plans;
      const behind = local("i32");
      return [
        ...loadState(code),
        record.set(state.out.get),
        whileDo(i32.and(i32.lessThan(state.place.get, toPlace!.get), i32.lessThan(record.get, limit!.get)), [
          planned.set(i32.const(at)),
          doWhile(
            planInstance(code, rows),
            i32.and(
              i32.lessThan(planned.get, i32.const(at + PLANS * bytes)),
              i32.lessThan(state.place.get, toPlace!.get),
            ),
          ),
          behind.set(planned.get),
          planned.set(i32.const(at)),
          doWhile(
            [...fetchTokens(code, rows, state.fetched), advance(planned, i32.const(bytes))],
            i32.lessThan(planned.get, behind.get),
          ),
          planned.set(i32.const(at)),
          doWhile(
            [...makeRecord(code, rows), advance(planned, i32.const(bytes))],
            i32.lessThan(planned.get, behind.get),
          ),
        ]),
        state.out.set(record.get),
        ...storeState(code),
      ];
    },
  };
}

/** `plan(toPlace, limit)`: plans from `state.planned` on until the document in place `toPlace` is reached or the byte `limit`. */
function planFunction(source: InstanceSource, layout: KernelLayout): WasmFunction {
  return {
    name: "plan",
    parameters: ["i32", "i32"],
    build([toPlace, limit], local, call) {
      const code = kernelCode(source, layout, local, call);
      const { planned, state } = code;
      return [
        ...loadState(code),
        planned.set(state.planned.get),
        whileDo(
          i32.and(i32.lessThan(state.place.get, toPlace!.get), i32.lessThan(planned.get, limit!.get)),
          planInstance(code, rowCode(code)),
        ),
        state.planned.set(planned.get),
        ...storeState(code),
      ];
    },
  };
}

/** `write`, as `eachRecordCode` has it: the records of the plans that are kept. */
function writeFunction(source: InstanceSource, layout: KernelLayout): WasmFunction {
  const codeOf = (local: KernelCode["local"], call: Call, planned: Local, record: Local): KernelCode => ({
    ...kernelCode(source, layout, local, call),
    planned,
    record,
  });
  return eachRecordCode(
    "write",
    layout.kept,
    ({ record, out, local, call }) => {
      const code = codeOf(local, call, record, out);
      return makeRecord(code, rowCode(code));
    },
    ({ record, fetched, local, call }) => {
      const code = codeOf(local, call, record, record);
      return fetchTokens(code, rowCode(code), fetched);
    },
  );
}

function kernelCode(
  { settings, vocabulary, plain, documents }: InstanceSource,
  layout: KernelLayout,
  local: KernelCode["local"],
  call: Call,
): KernelCode {
  const locals = <Name extends string>(names: readonly Name[]): Record<Name, Local> =>
    Object.fromEntries(names.map((name) => [name, local("i32")])) as Record<Name, Local>;
  const state = locals(STATE);
  return {
    source: { settings, vocabulary, plain, documents: documents.length },
    layout,
    draws: drawCode(layout.twister, state.next, local, call),
    local,
    call,
    state,
    plan: locals([...PLAN_WORDS, ...PLAN_HALVES, "length"]),
    planned: local("i32"),
    record: local("i32"),
    ids: local("i32"),
  };
}

function loadState({ state, layout }: KernelCode): Code[] {
  return STATE.map((name, index) => state[name].set(i32.load(i32.const(layout.state + 4 * index))));
}

function storeState({ state, layout }: KernelCode): Code[] {
  return STATE.map((name, index) => i32.store(i32.const(layout.state + 4 * index), state[name].get));
}

const HALVES_AT = 4 * PLAN_WORDS.length;

/** The plan of the next instance, at `planned`, which moves behind it. */
function planInstance(code: KernelCode, rows: RowCode): Code[] {
  const { state, plan, planned, ids, layout, source } = code;
  return [
    when(i32.equal(state.sentence.get, state.end.get), startDocument(code)),
    ...chooseSegments(code, rows),
    ...truncateSegments(code),
    setLength(code),
    ...(isBlind(source) ? [] : [ids.set(i32.const(layout.scratch)), ...copySegments(code, rows)]),
    ...drawMasks(code),
    ...countInstance(code),
    ...PLAN_WORDS.map((name, index) => i32.store(planned.get, plan[name].get, 4 * index)),
    ...PLAN_HALVES.map((name, index) => i32.storeHalf(planned.get, plan[name].get, HALVES_AT + 2 * index)),
    when(i32.equal(state.sentence.get, state.end.get), [advance(state.place, i32.const(1))]),
    advance(planned, i32.const(layout.plans.bytes)),
  ];
}

/** The record of the plan in hand, at `record`, which moves behind it. */
function makeRecord(code: KernelCode, rows: RowCode): Code[] {
  const { plan, planned, ids, record } = code;
  return [
    ...PLAN_WORDS.map((name, index) => plan[name].set(i32.load(planned.get, 4 * index))),
    ...PLAN_HALVES.map((name, index) => plan[name].set(i32.loadHalf(planned.get, HALVES_AT + 2 * index))),
    setLength(code),
    ids.set(i32.add(record.get, i32.const(RECORD_HEADER_BYTES))),
    ...copySegments(code, rows),
    ...applyMasks(code),
    ...sealCode(code),
  ];
}

/** Reads in the tokens of the plan in hand, so that they are near. */
function fetchTokens({ plan, planned }: KernelCode, rows: RowCode, into: Local): Code[] {
  return [plan.firstStart, plan.secondStart].flatMap((start, index) => [
    start.set(i32.load(planned.get, 4 * PLAN_WORDS.indexOf(index === 0 ? "firstStart" : "secondStart"))),
    ...rows.fetchTokens(start, into),
  ]);
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
