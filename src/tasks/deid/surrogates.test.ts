/** @file Surrogates: the same within a patient, others elsewhere, never the original; what cannot be read is left to a placeholder. */
import { describe, expect, it } from "vitest";
import type { PhiCategory } from "../phi-categories.js";
import { Surrogates } from "./surrogates.js";

const key = Buffer.alloc(32, 7);
const request = (category: PhiCategory, label: string, original: string, patientId = "p1") => ({
  category,
  label,
  original,
  patientId,
  referenceYear: 2014,
});

describe("Surrogates", () => {
  it("gives a person one name, whichever way it is written", () => {
    const surrogates = new Surrogates(key);
    const full = surrogates.replace(request("NAME", "PATIENT", "John Smith"))!;
    const [given, last] = full.split(" ");
    expect(surrogates.replace(request("NAME", "PATIENT", "SMITH, JOHN"))).toBe(
      `${last!.toUpperCase()}, ${given!.toUpperCase()}`,
    );
    expect(surrogates.replace(request("NAME", "DOCTOR", "Smith"))).toBe(last);
    expect(surrogates.replace(request("NAME", "PATIENT", "Smith's"))).toBe(`${last}'s`);
    expect(surrogates.replace(request("NAME", "PATIENT", "John Smith’s"))).toBe(`${full}’s`);
    expect(surrogates.replace(request("NAME", "PATIENT", "J. Smith"))).toMatch(
      new RegExp(`^[A-Z]\\. ${last}$`),
    );
    expect(full).not.toMatch(/john|smith/i);
  });

  it("keeps two people of a patient apart, and differs between patients and keys", () => {
    const surrogates = new Surrogates(key);
    const originals = Array.from(
      { length: 40 },
      (_, index) => `Person${String.fromCharCode(97 + (index % 26))}${index > 25 ? "x" : "y"}`,
    );
    const names = originals.map((name) => surrogates.replace(request("NAME", "DOCTOR", name)));
    expect(new Set(names).size).toBe(originals.length);
    const others = originals.map((name) => surrogates.replace(request("NAME", "DOCTOR", name, "p2")));
    expect(others).not.toEqual(names);
    const again = new Surrogates(key);
    expect(originals.map((name) => again.replace(request("NAME", "DOCTOR", name)))).toEqual(names);
    const otherKey = new Surrogates(Buffer.alloc(32, 8));
    expect(originals.map((name) => otherKey.replace(request("NAME", "DOCTOR", name)))).not.toEqual(names);
  });

  it("moves all dates of a patient by one number of whole weeks, never by none", () => {
    const surrogates = new Surrogates(key);
    const offsets = Array.from({ length: 300 }, (_, index) => surrogates.dateOffset(String(index)));
    expect(offsets.every((days) => days % 7 === 0 && Math.abs(days) >= 365 && Math.abs(days) <= 3653)).toBe(
      true,
    );
    expect(offsets.some((days) => days < 0) && offsets.some((days) => days > 0)).toBe(true);
    expect(new Set(offsets).size).toBeGreaterThan(200);
    const [first, second] = ["3/5/2014", "March 12, 2014"].map((date) =>
      Date.parse(surrogates.replace(request("DATE", "DATE", date))!),
    );
    expect((second! - first!) / 86_400_000).toBeCloseTo(7, 0);
  });

  it("keeps the shape of numbers, addresses and mail, and changes them", () => {
    const surrogates = new Surrogates(key);
    for (const [category, label, original, shape] of [
      ["ID", "MEDICALRECORD", "MR 12-3456 B", /^[A-Z]{2} \d\d-\d{4} [A-Z]$/],
      ["CONTACT", "PHONE", "(617) 555-0199", /^\(\d{3}\) \d{3}-\d{4}$/],
      ["CONTACT", "EMAIL", "j.smith@clinic.com", /^[a-z]{8}@example\.org$/],
      ["LOCATION", "ZIP", "02115", /^\d{5}$/],
      ["LOCATION", "STREET", "12 Main Street", /^\d\d [A-Z]\w+ [A-Z]\w+$/],
      ["LOCATION", "HOSPITAL", "MGH", /^[A-Z ]+$/],
      ["LOCATION", "CITY", "Boston", /^[A-Z][a-z]+$/],
    ] as const) {
      const surrogate = surrogates.replace(request(category, label, original))!;
      expect(surrogate).toMatch(shape);
      expect(surrogate).not.toBe(original);
      expect(surrogates.replace(request(category, label, original))).toBe(surrogate);
    }
  });

  it("lets ages to 89 stand, makes older ones 90, and leaves the rest to a placeholder", () => {
    const surrogates = new Surrogates(key);
    const replaced = (category: PhiCategory, label: string, original: string) =>
      surrogates.replace(request(category, label, original));
    expect(["64", "89 yo", "93-year-old", "ninety"].map((age) => replaced("AGE", "AGE", age))).toEqual([
      "64",
      "89 yo",
      "90-year-old",
      null,
    ]);
    expect(replaced("DATE", "DATE", "Christmas")).toBeNull();
    expect(replaced("OTHER", "OTHER", "x")).toBeNull();
    expect(replaced("LOCATION", "LOCATION-OTHER", "the bridge")).toBeNull();
  });
});
