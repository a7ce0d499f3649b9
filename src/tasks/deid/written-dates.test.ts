/** @file Dates in the forms that clinicians write, moved and written alike. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { moveDate, yearOf } from "./written-dates.js";

describe("moveDate", () => {
  // 28 days on.
  it.each([
    ["3/5/2014", "4/2/2014"],
    ["03/05/14", "04/02/14"],
    ["12-20-2013", "1-17-2014"],
    ["25/12/2013", "22/1/2014"],
    ["2014-03-05", "2014-04-02"],
    ["2014/3/5", "2014/4/2"],
    ["20140305", "20140402"],
    ["12/20/99", "1/17/00"],
    ["3/5", "4/2"],
    ["02/29", "03/28"],
    ["3/2014", "4/2014"],
    ["March 5, 2014", "April 2, 2014"],
    ["Mar 5th", "Apr 2nd"],
    ["MARCH 05, 2014", "APRIL 02, 2014"],
    ["5 March 2014", "2 April 2014"],
    ["5-Mar-14", "2-Apr-14"],
    ["5th of march", "2nd of april"],
    ["March 2014", "April 2014"],
    ["Wednesday, March 5, 2014", "Wednesday, April 2, 2014"],
    ["Sept. 30", "Oct. 28"],
    ["Wednesday", "Wednesday"],
    ["2014", "2014"],
    ["3/5-3/9", "4/2-4/6"],
    ["3/5/14 to 3/9/14", "4/2/14 to 4/6/14"],
    ["2014-03-05 10:30", "2014-04-02 10:30"],
    ["3/5/14 at 10:30 p.m.", "4/2/14 at 10:30 p.m."],
  ])("%s becomes %s", (date, moved) => {
    expect(moveDate(date, 28, 2001)).toBe(moved);
  });

  it.each([
    ["2/31/2014"],
    ["13/13/2014"],
    ["Christmas"],
    ["last spring"],
    ["the 90s"],
    ["1/2/3/4"],
    ["3/5/14 to noon"],
    [""],
  ])("%s cannot be read", (date) => {
    expect(moveDate(date, 28, 2001)).toBeNull();
  });

  it("moves every full date by the very number of days, in every form", () => {
    const two = (value: number): string => String(value).padStart(2, "0");
    const forms: ((date: Date) => string)[] = [
      (date) => `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`,
      (date) => date.toISOString().slice(0, 10),
      (date) => `${date.getUTCFullYear()}${two(date.getUTCMonth() + 1)}${two(date.getUTCDate())}`,
      (date) => date.toLocaleDateString("en-US", { dateStyle: "long", timeZone: "UTC" }),
      (date) => date.toLocaleDateString("en-GB", { dateStyle: "long", timeZone: "UTC" }),
    ];
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: -4000, max: 4000 }),
        (day, offset) => {
          const date = new Date(day * 86_400_000);
          const moved = new Date((day + offset) * 86_400_000);
          for (const form of forms) expect(moveDate(form(date), offset, 2001)).toBe(form(moved));
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });

  it("knows the year of a date that has one", () => {
    expect(["3/5/14", "March 5", "2014-03-05", "5 March '98"].map(yearOf)).toEqual([2014, null, 2014, 1998]);
  });
});
