/** @file Builds the page into `dist/web`, which `serve` sends. Everything is a file of its own, so that no policy needs `unsafe-inline`. */
import { resolve } from "node:path";
import { defineConfig } from "vite";

const ROOT = import.meta.dirname;

export default defineConfig({
  root: ROOT,
  base: "./",
  resolve: { alias: { "clinicalbert/browser": resolve(ROOT, "../src/browser.ts") } },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  build: {
    outDir: resolve(ROOT, "../dist/web"),
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
