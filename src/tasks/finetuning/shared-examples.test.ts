import { describe, expect, test } from "vitest";
import type { Example } from "../example.js";
import { sharedNotices } from "./shared-examples.js";

const note = (id: string, text: string, more: Partial<Example> = {}): Example =>
  ({ kind: "entities", id, documentId: id, text, entities: [], ...more }) as Example;

describe("what parts have in common", () => {
  test("numbers that begin anew in each file are no shared documents, copies under other ids are", () => {
    const train = [note("data:1", "He is ill."), note("data:2", "She is well.")];
    expect(sharedNotices({ train, dev: null, test: [note("data:1", "It rained.")] })).toEqual([]);
    expect(sharedNotices({ train, dev: null, test: [note("other:1", "She is well.")] })).toEqual([
      "1 document stands in the train and in the test data; scores on them are too high",
    ]);
  });

  test("a document of several examples is known by its id, whatever parts have of it", () => {
    const train = [note("a:1", "He is ill.", { documentId: "a" })];
    const test = [note("a:2", "It hurts.", { documentId: "a" })];
    expect(sharedNotices({ train, dev: null, test })).toHaveLength(1);
  });

  test("the set that chooses the epoch is compared with the test set, and patients are", () => {
    const of = (id: string, patientId: string) => note(id, `note ${id}`, { patientId });
    expect(
      sharedNotices({ train: [of("1", "p"), note("9", "x")], dev: [of("2", "p")], test: [of("2", "p")] }),
    ).toEqual([
      "1 patient stands in the train and in the dev data; scores on them are too high",
      "1 patient stands in the train and in the test data; scores on them are too high",
      "1 document stands in the dev and in the test data; scores on them are too high",
      "1 patient stands in the dev and in the test data; scores on them are too high",
    ]);
    expect(sharedNotices({ train: [note("9", "x")], dev: null, test: [note("8", "y")] })).toEqual([]);
  });
});
