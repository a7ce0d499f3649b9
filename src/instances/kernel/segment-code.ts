/** @file The two segments of an instance as code: which sentences, cut to the room (create_pretraining_data.py:244–332, 418–433). */
import { advance } from "../../util/wasm-assembler.js";
import { type Code, doWhile, either, i32, when, whileDo } from "../../util/wasm-instructions.js";
import { firstSentence, idAt, type KernelCode, storeId } from "./kernel-code.js";
import { SPECIALS } from "./layout.js";
import type { RowCode } from "./row-code.js";

const TRIES_FOR_ANOTHER_DOCUMENT = 10;

/** Sets the two segments, uncut, and the first sentence that is not used yet. */
export function chooseSegments(code: KernelCode, rows: RowCode): Code[] {
  const { state, plan, draws, local } = code;
  const { first, firstStart, firstPlace, second, secondStart, secondPlace, isRandomNext } = plan;
  const [last, tokens, sentences, firsts] = [local("i32"), local("i32"), local("i32"), local("i32")];
  return [
    firstPlace.set(state.place.get),
    ...rows.sentenceStart(firstStart, state.sentence.get),
    last.set(state.sentence.get),
    // Sentences up to and including `last` until there are enough tokens or the document ends.
    doWhile(
      [
        advance(last, i32.const(1)),
        ...rows.sentenceStart(tokens, last.get),
        tokens.set(i32.sub(tokens.get, firstStart.get)),
      ],
      i32.and(i32.lessThan(last.get, state.end.get), i32.lessThan(tokens.get, state.target.get)),
    ),
    sentences.set(i32.sub(last.get, state.sentence.get)),
    firsts.set(i32.const(1)),
    isRandomNext.set(i32.const(1)),
    first.set(tokens.get),
    when(i32.lessThan(i32.const(1), sentences.get), [
      sentences.set(i32.sub(sentences.get, i32.const(1))),
      ...draws.below(firsts, sentences.get),
      advance(firsts, i32.const(1)),
      ...rows.sentenceStart(first, i32.add(state.sentence.get, firsts.get)),
      first.set(i32.sub(first.get, firstStart.get)),
      ...draws.coin(isRandomNext),
      isRandomNext.set(i32.isZero(isRandomNext.get)),
    ]),
    either(
      isRandomNext.get,
      [
        ...chooseRandomNext(code, rows),
        // The sentences that were not used are put back.
        advance(state.sentence, firsts.get),
      ],
      [
        secondPlace.set(firstPlace.get),
        secondStart.set(i32.add(firstStart.get, first.get)),
        second.set(i32.sub(tokens.get, first.get)),
        state.sentence.set(last.get),
      ],
    ),
  ];
}

/** The second segment from a random place of another document, or, after ten tries, of the same. */
function chooseRandomNext(code: KernelCode, rows: RowCode): Code[] {
  const { state, plan, draws, local, source } = code;
  const { first, second, secondStart, secondPlace } = plan;
  const [tries, sentence, end, sentences] = [local("i32"), local("i32"), local("i32"), local("i32")];
  return [
    tries.set(i32.const(TRIES_FOR_ANOTHER_DOCUMENT)),
    doWhile(
      [...draws.below(secondPlace, i32.const(source.documents)), tries.set(i32.sub(tries.get, i32.const(1)))],
      i32.and(i32.equal(secondPlace.get, state.place.get), i32.notEqual(tries.get, i32.const(0))),
    ),
    end.set(firstSentence(code, secondPlace.get, 1)),
    sentences.set(i32.sub(end.get, firstSentence(code, secondPlace.get, 0))),
    ...draws.below(sentence, sentences.get),
    sentence.set(i32.sub(i32.add(sentence.get, end.get), sentences.get)),
    ...rows.sentenceStart(secondStart, sentence.get),
    doWhile(
      [
        advance(sentence, i32.const(1)),
        ...rows.sentenceStart(second, sentence.get),
        second.set(i32.sub(second.get, secondStart.get)),
      ],
      i32.and(
        i32.lessThan(sentence.get, end.get),
        // The first segment alone may be longer than the target.
        i32.lessThanSigned(second.get, i32.sub(state.target.get, first.get)),
      ),
    ),
  ];
}

/** One token at a time off the longer segment, from its front or its back. */
export function truncateSegments({ source, plan, draws, local }: KernelCode): Code[] {
  const { first, firstStart, second, secondStart } = plan;
  const [back, longer, front] = [local("i32"), local("i32"), local("i32")];
  const room = i32.const(source.settings.maxLength - SPECIALS);
  return [
    whileDo(i32.lessThan(room, i32.add(first.get, second.get)), [
      ...draws.coin(back),
      front.set(i32.isZero(back.get)),
      longer.set(i32.lessThan(second.get, first.get)),
      first.set(i32.sub(first.get, longer.get)),
      second.set(i32.sub(second.get, i32.isZero(longer.get))),
      advance(firstStart, i32.and(front.get, longer.get)),
      advance(secondStart, i32.and(front.get, i32.isZero(longer.get))),
    ]),
  ];
}

export function setLength({ plan: { first, second, length } }: KernelCode): Code {
  return length.set(i32.add(i32.add(first.get, second.get), i32.const(SPECIALS)));
}

/** `[CLS]`, the first segment, `[SEP]`, the second, `[SEP]`, each over what the copy before it wrote too much. */
export function copySegments(code: KernelCode, rows: RowCode): Code[] {
  const { source, plan, ids } = code;
  const { first, firstStart, firstPlace, second, secondStart, secondPlace, length } = plan;
  const { classificationId, separatorId } = source.vocabulary;
  const separate = (position: Code): Code => storeId(code, idAt(code, position), i32.const(separatorId));
  return [
    storeId(code, ids.get, i32.const(classificationId)),
    ...rows.copyTokens(idAt(code, i32.const(1)), firstPlace, firstStart, first),
    separate(i32.add(first.get, i32.const(1))),
    ...rows.copyTokens(idAt(code, i32.add(first.get, i32.const(2))), secondPlace, secondStart, second),
    separate(i32.sub(length.get, i32.const(1))),
  ];
}
