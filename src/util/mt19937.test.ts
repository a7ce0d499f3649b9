import { expect, test } from "vitest";
import { Mt19937 } from "./mt19937.js";

// Every number here was printed by CPython 3.11.7.
test("random.Random(12345): getrandbits(32), random, randint", () => {
  const random = new Mt19937(12345);
  expect([random.uint32(), random.uint32(), random.uint32()]).toEqual([1789368711, 3146859322, 43676229]);
  expect(random.random()).toBe(0.8201747225612886);
  expect([random.between(0, 0), random.between(0, 0), random.between(0, 0)]).toEqual([0, 0, 0]);
  expect(random.between(0, 2 ** 40)).toBe(354060905040);
});

test("a seed of more than 64 bits counts by its absolute value; shuffle", () => {
  const random = new Mt19937(-(2n ** 70n + 5n));
  expect(random.random()).toBe(0.46679953776226335);
  const values = Int32Array.from({ length: 10 }, (_, index) => index);
  random.shuffle(values, 10);
  expect([...values]).toEqual([1, 6, 9, 3, 4, 0, 2, 8, 5, 7]);
});

test("shuffle makes the draws of below(i + 1), also across the end of the 624 words", () => {
  const fast = new Mt19937(7);
  const slow = new Mt19937(7);
  const shuffled = Uint32Array.from({ length: 5000 }, (_, index) => index);
  const expected = [...shuffled];
  fast.shuffle(shuffled, shuffled.length);
  for (let index = expected.length - 1; index > 0; index--) {
    const other = slow.below(index + 1);
    [expected[index], expected[other]] = [expected[other]!, expected[index]!];
  }
  expect([...shuffled]).toEqual(expected);
  expect(fast.uint32()).toBe(slow.uint32());
});

test("a restored state goes on with the same draws", () => {
  const random = new Mt19937(3);
  for (let draw = 0; draw < 1000; draw++) random.uint32();
  const state = random.save();
  const expected = Array.from({ length: 700 }, () => random.uint32());
  const restored = new Mt19937(0);
  restored.restore(Uint32Array.from([...state]));
  expect(Array.from({ length: 700 }, () => restored.uint32())).toEqual(expected);
});
