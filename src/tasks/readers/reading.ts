/** @file What the readers share: their options, and where examples and problems gather. */
import type { OffsetUnit } from "../../notes/offset-units.js";
import type { TextEncoding } from "../../notes/text-encoding.js";
import type { Entity, Example, ReadingProblem } from "../example.js";
import { overlapProblems } from "./overlaps.js";

export interface ReadOptions {
  /** Encoding of the files (default `utf-8`, strictly). */
  readonly encoding?: TextEncoding;
  /** i2b2 2012: also read TIMEX3, labelled `TIMEX3-DATE` and so on (default: EVENT alone, as the paper). */
  readonly timex?: boolean;
  /** i2b2 2014: label by `TYPE` (`PATIENT`, the default) or by the element's name (`NAME`). */
  readonly labels?: "type" | "category";
  /** i2b2 2012 and 2014: entities by their places (the default) or as the file lists them, on which `evaluate.py` depends. */
  readonly order?: "place" | "file";
  /** `conll`: columns from 0; negative from the end. Token 0 and tag −1 by default. */
  readonly tokenColumn?: number;
  readonly tagColumn?: number;
  /** `conll` without document marks: each sentence is a document of its own (the default), or all of a file are one. */
  readonly documents?: "sentence" | "file";
  /** `jsonl`: unit of its spans (default `utf16`); other formats have their own. */
  readonly offsets?: OffsetUnit;
  /** `i2b2-2010`, `i2b2-2012-extent`: more folders to look for texts in (the test texts of 2010 are packed apart from their concepts). */
  readonly textFolders?: readonly string[];
  /** Texts by id for `jsonl` lines without text, or with a copy in its place (predictions of the same notes). */
  readonly texts?: ReadonlyMap<string, string>;
}

export interface ReadResult {
  readonly examples: readonly Example[];
  /** What could not be carried over as it stands, in the order of the source. */
  readonly problems: readonly ReadingProblem[];
}

export type ExampleReader = (source: string, options: ReadOptions) => Promise<ReadResult>;

/** Gathers a data set while it is read. */
export class Reading {
  readonly examples: Example[] = [];
  readonly problems: ReadingProblem[] = [];
  /** The last number that each id got, so that a data set in which all have one id takes no longer than another. */
  readonly #ids = new Map<string, number>();
  readonly #order: ReadOptions["order"];

  constructor({ order = "place" }: Pick<ReadOptions, "order"> = {}) {
    this.#order = order;
  }

  /** `id`, or `id#2`, `id#3` … where it is taken; that is reported. */
  uniqueId(id: string, place: { readonly file?: string; readonly line?: number } = {}): string {
    let unique = id;
    let number = this.#ids.get(id) ?? 1;
    while (this.#ids.has(unique)) unique = `${id}#${++number}`;
    this.#ids.set(unique, 1).set(id, number);
    if (unique !== id) this.problems.push({ exampleId: unique, ...place, reason: "duplicate-id" });
    return unique;
  }

  /** Puts the entities into their order and reports those that are discontinuous or touch another. */
  finishEntities(exampleId: string, entities: readonly Entity[], file?: string): Entity[] {
    const sorted = [...entities].sort(
      (a, b) => a.spans[0]![0] - b.spans[0]![0] || b.spans.at(-1)![1] - a.spans.at(-1)![1],
    );
    for (const problem of overlapProblems(exampleId, sorted))
      this.problems.push(file === undefined ? problem : { ...problem, file });
    return this.#order === "file" ? [...entities] : sorted;
  }

  result(): ReadResult {
    return { examples: this.examples, problems: this.problems };
  }
}
