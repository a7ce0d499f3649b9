/** @file Runs only the test that is meant to fail; `npm test` never sees it. */
import { defineConfig } from "vitest/config";

export default defineConfig({ test: { include: ["test/meant-to-fail/*.check.ts"] } });
