/** @file Offsets that are wrong, or count something else, against the text that each mention quotes. */
import { describe, expect, it } from "vitest";
import { placeMentions } from "./stated-offsets.js";

type Stated = readonly [quote: string | null, ...fragments: (readonly [number, number])[]];

function place(text: string, ...stated: readonly Stated[]) {
  const mentions = stated.map(([quote, ...fragments]) => ({ quote, fragments, file: "a", line: 1 }));
  const { placed, problems } = placeMentions("a", text, mentions, { unit: "codepoint" });
  return {
    found: placed.map(({ spans }) =>
      spans.map(([start, end]) => `${start} ${text.slice(start, end)}`).join("|"),
    ),
    reasons: problems.map(({ reason }) => reason),
  };
}

describe("quotes", () => {
  it("that are blank say nothing against the offsets", () => {
    expect(place("no fever", ["", [3, 8]], [" ", [0, 2]], [null, [0, 8]])).toEqual({
      found: ["3 fever", "0 no", "0 no fever"],
      reasons: [],
    });
  });

  it("of fragments are joined in their own order or in that of the text, with a blank or without", () => {
    for (const quote of ["arm left", "left arm", "armleft", "leftarm"])
      expect(place("no left big arm", [quote, [12, 15], [3, 7]])).toEqual({
        found: ["3 left|12 arm"],
        reasons: [],
      });
    expect(place("no left big arm", ["right arm", [12, 15], [3, 7]]).reasons).toEqual(["text-mismatch"]);
  });
});

describe("a mention that is not at its offsets", () => {
  it("goes to whole words alone", () => {
    expect(place("admitted with old MI", ["MI", [0, 2]])).toEqual({ found: ["18 MI"], reasons: ["moved"] });
    expect(place("admitted with pain", ["MI", [0, 2]])).toEqual({ found: [], reasons: ["text-mismatch"] });
    expect(place("seen 1/23 and 1/2", ["1/2", [4, 7]]).found).toEqual(["14 1/2"]);
  });

  it("goes to words in its own case, if there are any", () => {
    expect(place("let us see the US now", ["US", [5, 7]]).found).toEqual(["15 US"]);
    expect(place("let us see", ["US", [5, 7]]).found).toEqual(["4 us"]);
    expect(place("Old MI seen", ["mi", [5, 7]]).found).toEqual(["4 MI"]);
  });

  it("is not searched for beyond its reach", () => {
    const text = `fever ${"a ".repeat(40)}`;
    expect(place(text, ["fever", [60, 65]]).found).toEqual(["0 fever"]);
    expect(place(text, ["fever", [70, 75]]).found).toEqual([]);
  });
});

describe("offsets of a text whose line ends were others", () => {
  const lines = "a Ash\n".repeat(40);

  it.each([
    ["LF now, CRLF when they were counted", `${lines}Zed`, 7],
    ["CRLF now, LF when they were counted", `${lines}Zed`.replaceAll("\n", "\r\n"), 6],
  ])("%s", (_, text, length) => {
    const { found, reasons } = place(
      text,
      ["Zed", [40 * length, 40 * length + 3]],
      ["Ash", [6 * length + 2, 6 * length + 5]],
    );
    const now = text.indexOf("\n") + 1;
    expect(found).toEqual([`${40 * now} Zed`, `${6 * now + 2} Ash`]);
    expect(reasons).toEqual(["offset-unit"]);
  });

  it("lead to the line end itself and to the end of the text", () => {
    expect(place("😷 a\nbc\n", ["a\r\n", [2, 5]], ["bc", [5, 7]], ["bc\r\n", [5, 9]])).toEqual({
      found: ["3 a\n", "5 bc", "5 bc\n"],
      reasons: ["offset-unit"],
    });
  });
});
