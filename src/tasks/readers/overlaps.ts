/** @file Entities that a sequence of tags cannot hold: discontinuous, nested, overlapping, duplicate. */
import type { Entity, ReadingProblem, ReadingReason } from "../example.js";

/**
 * One problem for each discontinuous entity and one for each entity that shares characters with an earlier one. `entities`
 * are sorted by start, then the longest first. O(n log n) but for heaps of entities on one place.
 */
export function overlapProblems(exampleId: string, entities: readonly Entity[]): ReadingProblem[] {
  const problems: ReadingProblem[] = [];
  let open: Entity[] = [];
  for (const entity of entities) {
    const [start, end] = [entity.spans[0]![0], entity.spans.at(-1)![1]];
    const place = {
      exampleId,
      ...(entity.id === undefined ? {} : { entityId: entity.id }),
      span: [start, end] as const,
    };
    if (entity.spans.length > 1) problems.push({ ...place, reason: "discontinuous" });
    open = open.filter((other) => other.spans.at(-1)![1] > start);
    const touching = open.find((other) => sharesCharacters(other, entity));
    if (touching !== undefined) problems.push({ ...place, reason: relation(touching, entity) });
    open.push(entity);
  }
  return problems;
}

/** True when fragments of the two have a character in common. */
export function sharesCharacters(left: Entity, right: Entity): boolean {
  return left.spans.some(([start, end]) => right.spans.some(([from, to]) => start < to && from < end));
}

function relation(outer: Entity, inner: Entity): ReadingReason {
  const same =
    outer.spans.length === inner.spans.length &&
    outer.spans.every(([start, end], index) => {
      const [from, to] = inner.spans[index]!;
      return start === from && end === to;
    });
  if (same && outer.label === inner.label) return "duplicate";
  const contains = inner.spans.every(([from, to]) =>
    outer.spans.some(([start, end]) => start <= from && to <= end),
  );
  return contains ? "nested" : "overlapping";
}
