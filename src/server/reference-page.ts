/** @file `/reference`: the OpenAPI document as one page of plain HTML, without a script. */
import type { Schema } from "./schemas.js";

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly requestBody?: { readonly content: { readonly "application/json": { readonly schema: Schema } } };
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses?: Readonly<Record<string, { readonly description?: string }>>;
}

export interface OpenApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export const REFERENCE_STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
section { border-top: 1px solid #8886; padding: .5rem 0 1rem }
h2 { font-size: 1.1rem } h3 { font: 600 1rem ui-monospace, monospace }
table { border-collapse: collapse } td { padding: .1rem 1rem .1rem 0; vertical-align: top }
pre, code { font: 13px/1.45 ui-monospace, monospace } pre { overflow: auto; padding: .75rem; background: #8881 }
`;

export function referencePage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const tags = [...new Set(operations.map(({ operation }) => operation.tags?.[0] ?? "other"))];
  const groups = tags.map((tag) => {
    const own = operations.filter(({ operation }) => (operation.tags?.[0] ?? "other") === tag);
    return `<h2>${escapeHtml(tag)}</h2>${own.map(describe).join("")}`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(document.info.title)}</title><link rel="stylesheet" href="/reference.css"></head>
<body><main><h1>${escapeHtml(document.info.title)} ${escapeHtml(document.info.version)}</h1>
<p>${escapeHtml(document.info.description ?? "")} The same as data: <a href="/openapi.json">/openapi.json</a>.</p>
${groups.join("\n")}</main></body></html>
`;
}

function describe({
  path,
  method,
  operation,
}: {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}): string {
  const schema = operation.requestBody?.content["application/json"].schema;
  const answers = Object.entries(operation.responses ?? {}).map(
    ([status, { description = "" }]) => `<tr><td>${status}</td><td>${escapeHtml(description)}</td></tr>`,
  );
  const parameters = (operation.parameters ?? []).map(
    ({ name, in: place }) => `<code>${escapeHtml(name)}</code> (${place})`,
  );
  return `<section><h3>${method.toUpperCase()} ${escapeHtml(path)}</h3><p>${escapeHtml(operation.summary ?? "")}</p>
${parameters.length > 0 ? `<p>Parameters: ${parameters.join(", ")}</p>` : ""}
${schema === undefined ? "" : `<pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre>`}
<table><tbody>${answers.join("")}</tbody></table></section>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
