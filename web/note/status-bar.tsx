/** @file The line below a note: how much there is, where text goes, what is being fetched. */
import { useEffect, useState } from "preact/hooks";
import type { Place } from "../api/backend.js";
import type { FetchProgress } from "../worker/messages.js";
import { onFetchProgress } from "../worker/workers.js";

interface StatusBarProps {
  readonly place: Place;
  readonly counts: readonly (readonly [number, string])[];
}

export function StatusBar({ place, counts }: StatusBarProps) {
  return (
    <footer class="status-bar">
      <span>{counts.map(([count, name]) => `${count.toLocaleString("en")} ${name}`).join(" · ")}</span>
      <Fetched />
      <span class={`place ${place}`}>
        <span class="dot" aria-hidden="true" />
        {place === "browser" ? "Text stays in this browser" : `Text goes to ${location.host} only`}
      </span>
    </footer>
  );
}

const KEPT_MS = 1500;

/** Shown while files of a model come in. */
function Fetched() {
  const [progress, setProgress] = useState<FetchProgress | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let drawn = 0;
    const stop = onFetchProgress((next) => {
      const now = performance.now();
      if (now - drawn > 60 || next.loaded === next.total) setProgress(next);
      if (now - drawn > 60) drawn = now;
      clearTimeout(timer);
      timer = setTimeout(() => setProgress(null), KEPT_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, []);
  if (progress === null) return <span />;
  const { file, loaded, total } = progress;
  return (
    <span class="fetched">
      {total !== null && <progress max={total} value={loaded} aria-label={`Fetching ${file}`} />}
      {file} {(loaded / 1e6).toFixed(1)} MB
    </span>
  );
}
