/** @file Follows training runs of the server: the list, and the metrics of those that are shown, as they grow. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { MetricsLine, RunInfo, RunList, RunMetrics } from "../../src/server/api.js";
import { getJson } from "../api/server.js";

export interface FollowedRuns {
  /** `null` until the first answer. */
  readonly runs: readonly RunInfo[] | null;
  /** By run. */
  readonly metrics: ReadonlyMap<string, readonly MetricsLine[]>;
  readonly error: Error | null;
}

const EVERY_MS = 2000;
/** A server that does not answer is asked less and less often. */
const SLOWEST_MS = 30_000;

/** Asks again and again while the page is seen. */
export function useRuns(shown: ReadonlySet<string>): FollowedRuns {
  const [followed, setFollowed] = useState<FollowedRuns>({ runs: null, metrics: new Map(), error: null });
  const wanted = useRef(shown);
  wanted.current = shown;
  useEffect(() => {
    const controller = new AbortController();
    const kept = new Map<string, { readonly lines: MetricsLine[]; after: number }>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wait = EVERY_MS;
    const ask = async () => {
      if (document.hidden) return again();
      try {
        const { runs } = await getJson<RunList>("runs", controller.signal);
        for (const { id } of runs) if (wanted.current.has(id)) await readMetrics(id, kept, controller.signal);
        const metrics = new Map([...kept].map(([id, { lines }]) => [id, lines]));
        wait = EVERY_MS;
        setFollowed({ runs, metrics, error: null });
      } catch (error) {
        if (controller.signal.aborted) return;
        wait = Math.min(SLOWEST_MS, wait * 2);
        setFollowed((known) => ({ ...known, error: error as Error }));
      }
      again();
    };
    const again = () => {
      timer = setTimeout(() => void ask(), wait);
    };
    void ask();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
    // A run that is chosen is read at once.
  }, [[...shown].sort().join("\n")]);
  return followed;
}

async function readMetrics(
  id: string,
  kept: Map<string, { readonly lines: MetricsLine[]; after: number }>,
  signal: AbortSignal,
): Promise<void> {
  const known = kept.get(id) ?? { lines: [], after: 0 };
  kept.set(id, known);
  for (let more = true; more; ) {
    const path = `runs/${encodeURIComponent(id)}/metrics?after=${known.after}`;
    const answer = await getJson<RunMetrics>(path, signal);
    known.lines.push(...answer.metrics);
    known.after = answer.after;
    more = answer.more;
  }
}
