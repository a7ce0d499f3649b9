/** @file What two models find in the same note: entities that both have, and those of one alone. */
import type { Entity } from "../../src/server/api.js";

/** A model's labels may differ in case and prefix only; places must be equal. */
export interface Comparison {
  readonly both: readonly Entity[];
  readonly onlyFirst: readonly Entity[];
  readonly onlySecond: readonly Entity[];
}

/** Entities of equal place and label are the same. */
export function compareEntities(first: readonly Entity[], second: readonly Entity[]): Comparison {
  const key = (entity: Entity): string => `${entity.start} ${entity.end} ${labelOf(entity).toLowerCase()}`;
  const firstKeys = new Set(first.map(key));
  const secondKeys = new Set(second.map(key));
  return {
    both: first.filter((entity) => secondKeys.has(key(entity))),
    onlyFirst: first.filter((entity) => !secondKeys.has(key(entity))),
    onlySecond: second.filter((entity) => !firstKeys.has(key(entity))),
  };
}

/** The class of an entity without its place in the word. */
export function labelOf({ entity_group, entity }: Entity): string {
  return (entity_group ?? entity ?? "").replace(/^[BIES]-/, "");
}
