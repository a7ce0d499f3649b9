/** @file The strict schemes of seqeval 1.2.2 (scheme.py): for each, which pairs of neighbouring tags start, go on with and end an entity. */
import { ClinicalBertError } from "../../errors.js";

export const STRICT_SCHEMES = ["iob1", "iob2", "ioe1", "ioe2", "iobes", "bilou"] as const;
export type StrictScheme = (typeof STRICT_SCHEMES)[number];

/** Prefixes before, prefixes now (`*` any), and whether the classes must be the same (`=`), differ (`!`) or neither (`*`). */
type Pattern = readonly [before: string, now: string, classes: "=" | "!" | "*"];

interface SchemeRules {
  readonly allowed: string;
  readonly start: readonly Pattern[];
  readonly inside: readonly Pattern[];
  readonly end: readonly Pattern[];
}

const RULES: Readonly<Record<StrictScheme, SchemeRules>> = {
  iob1: {
    allowed: "IOB",
    start: [
      ["O", "I", "*"],
      ["I", "I", "!"],
      ["B", "I", "*"],
      ["I", "B", "="],
      ["B", "B", "="],
    ],
    inside: [
      ["B", "I", "="],
      ["I", "I", "="],
    ],
    end: [
      ["I", "I", "!"],
      ["I", "O", "*"],
      ["I", "B", "*"],
      ["B", "O", "*"],
      ["B", "I", "!"],
      ["B", "B", "="],
    ],
  },
  iob2: {
    allowed: "IOB",
    start: [["*", "B", "*"]],
    inside: [
      ["B", "I", "="],
      ["I", "I", "="],
    ],
    end: [
      ["I", "O", "*"],
      ["I", "I", "!"],
      ["I", "B", "*"],
      ["B", "O", "*"],
      ["B", "I", "!"],
      ["B", "B", "*"],
    ],
  },
  ioe1: {
    allowed: "IOE",
    start: [
      ["O", "I", "*"],
      ["I", "I", "!"],
      ["E", "I", "*"],
      ["E", "E", "="],
    ],
    inside: [
      ["I", "I", "="],
      ["I", "E", "="],
    ],
    end: [
      ["I", "I", "!"],
      ["I", "O", "*"],
      ["I", "E", "!"],
      ["E", "I", "="],
      ["E", "E", "="],
    ],
  },
  ioe2: {
    allowed: "IOE",
    start: [
      ["O", "I", "*"],
      ["O", "E", "*"],
      ["E", "I", "*"],
      ["E", "E", "*"],
      ["I", "I", "!"],
      ["I", "E", "!"],
    ],
    inside: [
      ["I", "E", "="],
      ["I", "I", "="],
    ],
    end: [["E", "*", "*"]],
  },
  iobes: {
    allowed: "IOBES",
    start: [
      ["*", "B", "*"],
      ["*", "S", "*"],
    ],
    inside: [
      ["B", "I", "="],
      ["B", "E", "="],
      ["I", "I", "="],
      ["I", "E", "="],
    ],
    end: [
      ["S", "*", "*"],
      ["E", "*", "*"],
    ],
  },
  bilou: {
    allowed: "BILOU",
    start: [
      ["*", "B", "*"],
      ["*", "U", "*"],
    ],
    inside: [
      ["B", "I", "="],
      ["B", "L", "="],
      ["I", "I", "="],
      ["I", "L", "="],
    ],
    end: [
      ["U", "*", "*"],
      ["L", "*", "*"],
    ],
  },
};

interface StrictTag {
  readonly prefix: string;
  readonly label: string;
}

const OUTSIDE: StrictTag = { prefix: "O", label: "_" };

/** Entities of all sentences by class, each as `sentence start end`. Throws `SCORE_MALFORMED` for a prefix that the scheme does not have. */
export function strictEntities(
  sentences: readonly (readonly string[])[],
  scheme: StrictScheme,
): Map<string, Set<string>> {
  const rules = RULES[scheme];
  const found = new Map<string, Set<string>>();
  for (const [sentence, texts] of sentences.entries()) {
    const tags = [...texts.map((text) => readTag(text, sentence, scheme, rules.allowed)), OUTSIDE];
    // scheme.py:254: an entity that starts is followed to where it stops; it counts when an end pattern holds there.
    for (let at = 0, before = OUTSIDE; at < tags.length; before = tags[at - 1]!) {
      if (!matches(rules.start, before, tags[at]!)) {
        at += 1;
        continue;
      }
      let end = at + 1;
      while (end < tags.length && matches(rules.inside, tags[end - 1]!, tags[end]!)) end += 1;
      if (matches(rules.end, tags[end - 1]!, tags[end]!)) {
        const { label } = tags[at]!;
        found.set(label, (found.get(label) ?? new Set()).add(`${sentence} ${at} ${end}`));
      }
      at = end;
    }
  }
  return found;
}

function readTag(text: string, sentence: number, scheme: StrictScheme, allowed: string): StrictTag {
  const prefix = text.charAt(0);
  if (prefix === "" || !allowed.includes(prefix))
    throw new ClinicalBertError(
      "SCORE_MALFORMED",
      `Sentence ${sentence + 1} has a tag whose prefix is none of ${[...allowed].join(", ")}, those of ${scheme}.`,
      { details: { sentence: sentence + 1, scheme } },
    );
  return { prefix, label: text.slice(1).replace(/^-+|-+$/g, "") || "_" };
}

function matches(patterns: readonly Pattern[], before: StrictTag, now: StrictTag): boolean {
  return patterns.some(
    ([first, second, classes]) =>
      (first === "*" || first === before.prefix) &&
      (second === "*" || second === now.prefix) &&
      (classes === "*" || (classes === "=") === (before.label === now.label)),
  );
}
