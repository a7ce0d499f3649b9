import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { ClinicalBertError } from "../errors.js";
import { liveExecutables } from "../runtime/index.js";
import { createSectionSplitter } from "../sections/index.js";
import { openSentenceSplitter } from "../sentences/open-splitter.js";
import { formatBatch } from "./format-batch.js";
import { openFastSplitter } from "./open-fast-splitter.js";

const model = fileURLToPath(new URL("../../test/oracle/spacy/spacy-v3.tar.gz", import.meta.url));
const SEEN = "The patient was seen by Dr. Smith. No pain was found, but the cough had become worse.\n";
const TOO_LONG = "Pain. ".repeat(170_000);

it.each(["plain", "alsentzer2019"])("splits many texts as it splits one (%s)", async (sentenceRules) => {
  const before = liveExecutables();
  const splitter = await openFastSplitter({ splitter: "spacy", model, sentenceRules });
  const texts = [
    SEEN.repeat(12),
    "",
    " \n\n ",
    "\ud800 lone \udfff",
    `[**2101-1-1**] ${SEEN}`,
    "x".repeat(20_000),
    SEEN,
  ];
  const together = await splitter.splitMany!(texts);
  expect(together).toEqual(texts.map((text) => splitter.split(text)));
  expect(together[0]).not.toEqual([]);
  // Calls that overlap wait for one another.
  const [first, second] = await Promise.all([splitter.splitMany!(texts), splitter.splitMany!([SEEN])]);
  expect([first, second]).toEqual([together, together.slice(-1)]);
  expect(liveExecutables()).toBeGreaterThan(before);
  await splitter.dispose!();
  expect(liveExecutables()).toBe(before);
});

it("has the refusal of a text in its place, and formats the other notes", async () => {
  const options = { splitter: "spacy", model, sentenceRules: "alsentzer2019" };
  const plain = await openSentenceSplitter(options);
  const [ahead, refused, after] = await plain.splitMany!([SEEN, TOO_LONG, SEEN]);
  expect(refused).toBeInstanceOf(ClinicalBertError);
  expect(refused).toMatchObject({ code: "SPACY_TEXT_TOO_LONG" });
  expect(after).toEqual(ahead);
  const notes = [SEEN, TOO_LONG, " ", SEEN.repeat(3)].map((text, id) => ({ id: String(id), text }));
  const sections = createSectionSplitter("corrected");
  const same = { sections, byCategory: false, diff: createSectionSplitter("alsentzer2019") };
  const { splitMany: _, ...oneByOne } = plain;
  const formatted = await formatBatch(notes, { ...same, sentences: plain });
  expect(formatted).toEqual(await formatBatch(notes, { ...same, sentences: oneByOne }));
  expect(formatted.refused.map(({ id }) => id)).toEqual(["1", "2"]);
});
