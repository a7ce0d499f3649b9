import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { AutoTokenizer, type RowModel } from "../pipelines/index.js";
import { classifyNotes, coverSentences } from "./sentence-reading.js";

const TAGS = ["O", "B-problem", "I-problem"];
const ORACLE = fileURLToPath(new URL("../../test/oracle/checkpoints/token-classification", import.meta.url));

test("an entity that runs over the end of a line is one, as the trainer scores it", async () => {
  const tokenizer = await AutoTokenizer.from_pretrained(ORACLE);
  const [chest, pain] = ["chest", "pain"].map((word) => tokenizer.wordpiece.encode(word).ids[1]!);
  const rows: number[] = [];
  const model = {
    config: { id2label: { ...TAGS } },
    // `chest` begins a problem, `pain` goes on with one.
    readRows: async (given: Parameters<RowModel["readRows"]>[0]) => {
      rows.push(...given.map(({ encoding }) => encoding.ids.length));
      return given.map(({ encoding, reading }) => {
        const { from, to } = reading as { from: number; to: number };
        const classes = [...encoding.ids.subarray(from, to)].map((id) =>
          id === chest ? 1 : id === pain ? 2 : 0,
        );
        return Float32Array.from(classes.flatMap((best) => TAGS.map((_, index) => (index === best ? 9 : 0))));
      });
    },
  } as unknown as RowModel;
  const text = "he has chest\npain and fever\nchest\nchest pain";
  const [entities] = await classifyNotes(
    tokenizer,
    model,
    [text],
    { maxLength: 20 },
    {
      aggregation_strategy: "first",
    },
  );
  expect(rows).toHaveLength(coverSentences(text).length);
  expect(rows.length).toBeGreaterThan(2);
  expect(entities!.map(({ start, end }) => text.slice(start, end))).toEqual([
    "chest\npain",
    "chest",
    "chest pain",
  ]);
  const [tokens] = await classifyNotes(tokenizer, model, [text], { maxLength: 20 }, { ignore_labels: [] });
  expect(tokens!.map(({ index }) => index)).toEqual(tokens!.map((_, index) => index + 1));
});
