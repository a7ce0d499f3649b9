/**
 * @file Who may speak to the server through a browser: the names under which it is called (against DNS rebinding) and the pages
 * from which (against pages of others). A program without a browser sends no Origin and is let through by its key alone.
 */
import { hostname } from "node:os";
import { isIP } from "node:net";
import { ClinicalBertError } from "../errors.js";

export interface OriginGuard {
  /** Throws `SERVER_FORBIDDEN`. Gives the origin of another page that was allowed by name, else null. */
  check(host: string | undefined, origin: string | undefined): string | null;
}

const LOOPBACK = ["localhost", "127.0.0.1", "::1"];

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/**
 * Names: loopback, the bound address, those given. A server bound to other addresses is also called by its own name and by
 * numbers, which no DNS answer can forge.
 */
export function createOriginGuard(
  bound: string,
  allowedHosts: readonly string[],
  allowedOrigins: readonly string[],
): OriginGuard {
  const names = new Set([...LOOPBACK, bound, ...allowedHosts].map((name) => name.toLowerCase()));
  const isOpen = !isLoopback(bound);
  if (isOpen) names.add(hostname().toLowerCase());
  const origins = new Set(allowedOrigins.map((origin) => origin.toLowerCase().replace(/\/$/, "")));
  return {
    check(host, origin) {
      const name = nameOf(host ?? "");
      if (name === null || !(names.has(name) || (isOpen && isIP(name) !== 0)))
        throw new ClinicalBertError("SERVER_FORBIDDEN", "The Host of the request is not one of this server.");
      if (origin === undefined) return null;
      const asked = origin.toLowerCase();
      if (asked === `http://${host!.toLowerCase()}` || asked === `https://${host!.toLowerCase()}`)
        return null;
      if (origins.has(asked)) return asked;
      throw new ClinicalBertError("SERVER_FORBIDDEN", "The Origin of the request is another web page.");
    },
  };
}

/** Name of `name:port`, `[::1]:port`; null for anything else. */
function nameOf(host: string): string | null {
  const [, six, name] = /^(?:\[([0-9a-f:.]+)\]|([^:\s/@]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  return (six ?? name)?.toLowerCase() ?? null;
}
