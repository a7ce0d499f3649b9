/** @file Entities of the open note by one model or two, as they are listed and drawn. */
import type { Entity, ModelInfo } from "../../src/server/api.js";
import { compareEntities, labelOf } from "./compare-entities.js";
import type { DrawnEntity } from "./note-text.js";

export type Side = DrawnEntity["side"];

/** An entity with the models that have it. */
export interface SidedEntity {
  readonly entity: Entity;
  readonly label: string;
  readonly side: Side;
}

/** Colours of the style sheet. */
export const COLOURS = 8;

/** All entities in the order of the note; without a second model every one is of both sides. */
export function sideEntities(
  first: readonly Entity[],
  second: readonly Entity[] | null,
): readonly SidedEntity[] {
  const sided = (entities: readonly Entity[], side: Side) =>
    entities.map((entity): SidedEntity => ({ entity, label: labelOf(entity), side }));
  if (second === null) return sided(first, "both");
  const { both, onlyFirst, onlySecond } = compareEntities(first, second);
  return [...sided(both, "both"), ...sided(onlyFirst, "first"), ...sided(onlySecond, "second")].sort(
    (a, b) => a.entity.start - b.entity.start || a.entity.end - b.entity.end,
  );
}

/** Labels in the order of the models' classes, so that a label keeps its colour from note to note. */
export function labelsOf(
  models: readonly (ModelInfo | null)[],
  found: readonly SidedEntity[],
): readonly string[] {
  const named = models.flatMap((model) =>
    (model?.labels ?? []).map((label) => label.replace(/^[BIES]-/, "")),
  );
  return [...new Set([...named.filter((label) => label !== "O"), ...found.map(({ label }) => label)])];
}

export interface LegendRow {
  readonly label: string;
  readonly colour: number;
  /** Entities of this label; 0 for a class that the note does not have. */
  readonly count: number;
}

/** Classes that the note has come first, the others after them; both in the order of `labels`, by which they keep their colours. */
export function legendRows(labels: readonly string[], found: readonly SidedEntity[]): readonly LegendRow[] {
  const counts = new Map<string, number>();
  for (const { label } of found) counts.set(label, (counts.get(label) ?? 0) + 1);
  const rows = labels.map((label, index) => ({
    label,
    colour: index % COLOURS,
    count: counts.get(label) ?? 0,
  }));
  return [...rows.filter(({ count }) => count > 0), ...rows.filter(({ count }) => count === 0)];
}

export function drawEntities(
  found: readonly SidedEntity[],
  labels: readonly string[],
): readonly DrawnEntity[] {
  return found.map(({ entity: { start, end }, label, side }) => ({
    span: [start, end],
    label,
    side,
    colour: labels.indexOf(label) % COLOURS,
  }));
}
