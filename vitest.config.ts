import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "scripts/**/*.test.ts", "web/**/*.test.ts"],
    reporters: ["default"],
    testTimeout: 60_000,
    pool: "forks",
  },
});
