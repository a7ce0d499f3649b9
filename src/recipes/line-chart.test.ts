import { XMLParser, XMLValidator } from "fast-xml-parser";
import { expect, test } from "vitest";
import { escapeHtml, lineChart } from "./line-chart.js";

const OPTIONS = { title: "Loss <&>", xLabel: "step", yLabel: "loss" };

function parse(svg: string) {
  expect(XMLValidator.validate(svg)).toBe(true);
  return new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "" }).parse(svg).svg;
}

test("a chart is valid SVG whose points lie inside it, higher values higher", () => {
  const points = Array.from({ length: 50 }, (_, step) => [step, 9 - step / 10] as const);
  const svg = parse(
    lineChart([{ label: "training", points }], { ...OPTIONS, marks: [{ label: "bigram", y: 2 }] }),
  );
  expect(svg.title).toBe("Loss <&>");
  const drawn = svg.polyline.points.split(" ").map((pair: string) => pair.split(",").map(Number));
  expect(drawn).toHaveLength(50);
  for (const [x, y] of drawn) {
    expect(x).toBeGreaterThanOrEqual(56);
    expect(x).toBeLessThanOrEqual(624);
    expect(y).toBeGreaterThanOrEqual(34);
    expect(y).toBeLessThanOrEqual(256);
  }
  expect(drawn[0][1]).toBeLessThan(drawn[49][1]);
});

test("one point, equal values and no points at all still make a chart", () => {
  for (const points of [
    [],
    [[3, 3]],
    [
      [0, 1],
      [5, 1],
    ],
  ] as [number, number][][])
    expect(lineChart([{ label: "a", points }], OPTIONS)).not.toMatch(/NaN|Infinity/);
});

test("text cannot leave its place", () => {
  expect(escapeHtml(`<script>"&'`)).toBe("&lt;script&gt;&quot;&amp;'");
  expect(lineChart([{ label: "</svg><script>", points: [] }], OPTIONS)).not.toContain("<script>");
});
