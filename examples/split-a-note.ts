/** @file Sections and sentences of a note, each with its place in the original text. */
import {
  createRuleSentenceSplitter,
  createSectionSplitter,
  splitNoteSentences,
  synthesizeNotes,
} from "../src/index.js";

const [note] = [...synthesizeNotes({ seed: 3, count: 1 })];
const sections = createSectionSplitter("corrected");
for (const { title, spans } of sections.split(note!.text))
  console.log(title === null ? "(no title)" : note!.text.slice(...title), JSON.stringify(spans));
const sentences = splitNoteSentences(note!.text, sections, createRuleSentenceSplitter());
console.log(`${sentences.length} sentences; the first is ${JSON.stringify(sentences[0])}`);
