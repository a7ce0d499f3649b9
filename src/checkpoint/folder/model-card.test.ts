import { expect, it } from "vitest";
import { factsOfCard, formatModelCard } from "./model-card.js";

const card = {
  title: "A pretrained BERT",
  architecture: "BertForPreTraining",
  origin: "random weights",
  files: ["config.json"],
  lowercase: false,
};

it("gives back the facts of its own cards", () => {
  const facts = [
    ["updates", 150_000],
    ["instance files", "a.instances, b | c.instances"],
    ["order of instances", ""],
  ] as const;
  expect(factsOfCard(formatModelCard({ ...card, facts }))).toEqual([
    ["updates", "150000"],
    ["instance files", "a.instances, b   c.instances"],
    ["order of instances", ""],
  ]);
  expect(factsOfCard(formatModelCard({ ...card, facts: [] }))).toEqual([]);
});

it("takes nothing from a card that somebody else wrote", () => {
  expect(factsOfCard("# BERT\n\n| | |\n|---|---|\n| author | somebody |\n\n")).toEqual([]);
});
