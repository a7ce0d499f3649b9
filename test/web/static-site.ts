/** @file Builds small pages with Vite and serves folders from one origin, under the headers that `serve` sends. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, resolve } from "node:path";
import { build } from "vite";

const ROOT = resolve(import.meta.dirname, "../..");

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** The policy under which everything here has to work: nothing inline, nothing from elsewhere. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; worker-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Builds the pages of `folder` (under the repository) into `out`. */
export async function buildPages(folder: string, pages: readonly string[], out: string): Promise<void> {
  const root = join(ROOT, folder);
  await build({
    root,
    base: "./",
    configFile: false,
    logLevel: "warn",
    resolve: { alias: { "clinicalbert/browser": join(ROOT, "src/browser.ts") } },
    build: {
      outDir: out,
      emptyOutDir: true,
      target: "esnext",
      minify: false,
      modulePreload: false,
      reportCompressedSize: false,
      rollupOptions: { input: pages.map((page) => join(root, page)) },
    },
  });
}

export interface Site {
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves `folders` by the first part of the path, `""` for everything else. */
export async function serveFolders(folders: Readonly<Record<string, string>>): Promise<Site> {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    const [, first = "", ...rest] = path.split("/");
    const file = folders[first] === undefined ? join(folders[""]!, path) : join(folders[first], ...rest);
    try {
      const bytes = await readFile(file);
      response.writeHead(200, {
        "content-type": TYPES[extname(file)] ?? "application/octet-stream",
        "content-length": bytes.length,
        "content-security-policy": POLICY,
      });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
