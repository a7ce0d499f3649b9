import fc from "fast-check";
import { expect, test } from "vitest";
import { PieceTrie } from "./piece-trie.js";
import { createVocabulary } from "./vocabulary.js";

/** tokenization.py:319–359, word for word. */
function greedy(idOf: ReadonlyMap<string, number>, word: string): number[] | null {
  const ids: number[] = [];
  for (let start = 0; start < word.length; ) {
    let end = word.length;
    let id: number | undefined;
    for (; end > start; end--) {
      id = idOf.get((start > 0 ? "##" : "") + word.slice(start, end));
      if (id !== undefined) break;
    }
    if (id === undefined) return null;
    ids.push(id);
    start = end;
  }
  return ids;
}

function cover(trie: PieceTrie, word: string): number[] | null {
  const codes = Uint16Array.from({ length: word.length }, (_, at) => trie.codeOf[word.charCodeAt(at)]!);
  const ids = new Int32Array(word.length + 1);
  const end = trie.cover(codes, word.length, ids, 1);
  return end === -1 ? null : [...ids.subarray(1, end)];
}

const unit = fc.constantFrom("a", "b", "c", "#", "é", "中", "\ud83d", "\uffff");
const token = fc.tuple(fc.boolean(), fc.string({ unit, minLength: 1, maxLength: 5 }));

test("covers words as the published loop does, also units that no token has", () => {
  fc.assert(
    fc.property(
      fc.array(token, { maxLength: 40 }),
      fc.array(fc.string({ unit: fc.oneof(unit, fc.constantFrom("z", "\0")), maxLength: 12 }), {
        maxLength: 20,
      }),
      (pieces, words) => {
        const tokens = [...new Set(["[UNK]", ...pieces.map(([more, text]) => (more ? `##${text}` : text))])];
        const { idOf } = createVocabulary(tokens);
        const trie = new PieceTrie(createVocabulary(tokens));
        for (const word of words) expect(cover(trie, word)).toEqual(greedy(idOf, word));
      },
    ),
    { numRuns: 500 },
  );
});

test("an alphabet of twenty thousand units, and a token of sixty thousand", () => {
  const characters = Array.from({ length: 20_000 }, (_, index) => String.fromCharCode(0x4e00 + index));
  const long = "q".repeat(60_000);
  const tokens = ["[UNK]", ...characters, ...characters.slice(0, 5000).map((each) => `##${each}`), long];
  const vocabulary = createVocabulary(tokens);
  const trie = new PieceTrie(vocabulary);
  for (const word of [
    characters[19_999]!,
    characters.slice(0, 50).join(""),
    long,
    `${long}q`,
    characters.slice(4998, 5001).join(""),
  ])
    expect(cover(trie, word)).toEqual(greedy(vocabulary.idOf, word));
});
