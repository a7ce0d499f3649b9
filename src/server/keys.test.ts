import { expect, test } from "vitest";
import { KeyLimits } from "./key-limits.js";
import { findKey, parseKeys } from "./keys.js";

const LONG = "0123456789abcdef";

test("keys are found by either header, by nothing else", () => {
  const keys = parseKeys(`# comment\nward:${LONG}a\r\n\n${LONG}b\n`, "test");
  expect(keys.map(({ id }) => id)).toEqual(["ward", "key-2"]);
  const found = (headers: Record<string, string>) => findKey(keys, headers)?.id ?? null;
  expect(found({ authorization: `Bearer ${LONG}a` })).toBe("ward");
  expect(found({ authorization: `bearer  ${LONG}b` })).toBe("key-2");
  expect(found({ "x-api-key": `${LONG}b` })).toBe("key-2");
  for (const wrong of ["", LONG, `${LONG}c`, `${LONG}a `, `ward:${LONG}a`, `${LONG}A`])
    expect([found({ "x-api-key": wrong }), found({ authorization: `Basic ${wrong}` })]).toEqual([null, null]);
  expect(found({})).toBeNull();
  expect(JSON.stringify(keys)).not.toContain(LONG);
});

test("a key may send so many a minute, and more as time goes by", () => {
  const limits = new KeyLimits({ requestsPerMinute: 6, requestsPerKey: 0 });
  for (let sent = 0; sent < 6; sent++) limits.enter("a", 0)();
  expect(() => limits.enter("a", 8_500)).toThrow(
    expect.objectContaining({ code: "SERVER_RATE_LIMIT", details: { retryAfter: 2 } }),
  );
  limits.enter("b", 8_500);
  limits.enter("a", 10_001);
  expect(() => limits.enter("a", 10_002)).toThrow();
});

test("a key may have so many open; leaving twice counts once", () => {
  const limits = new KeyLimits({ requestsPerMinute: 0, requestsPerKey: 2 });
  const leave = limits.enter("a");
  limits.enter("a");
  expect(() => limits.enter("a")).toThrow(expect.objectContaining({ code: "SERVER_RATE_LIMIT" }));
  leave();
  leave();
  limits.enter("a");
  expect(() => limits.enter("a")).toThrow();
});
