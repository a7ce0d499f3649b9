/** @file One progress line on stderr with rate and ETA, only when stderr is a terminal. */
import type { CliContext } from "./context.js";

export interface Progress {
  /** `done` of `total` units; `note` is a short text of numbers such as a loss. Never text of a note. */
  update(done: number, note?: string): void;
  finish(): void;
}

const REDRAW_EVERY_MS = 100;
const BAR_WIDTH = 24;

export function startProgress(context: CliContext, label: string, total: number, unit: string): Progress {
  if (!context.stderr.isTTY) return { update() {}, finish() {} };
  const started = performance.now();
  let drawn = Number.NEGATIVE_INFINITY;
  const draw = (done: number, note: string): void => {
    const seconds = (performance.now() - started) / 1000;
    const rate = seconds > 0 ? done / seconds : 0;
    const filled = total > 0 ? Math.min(BAR_WIDTH, Math.round((BAR_WIDTH * done) / total)) : 0;
    const bar = `${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)}`;
    const place = total > 0 ? `${bar} ${done}/${total} ${unit}` : `${done > 0 ? done : "…"} ${unit}`;
    const speed = done > 0 ? ` ${formatRate(rate)} ${unit}/s` : "";
    const eta = rate > 0 && total > 0 ? ` ETA ${formatSeconds((total - done) / rate)}` : "";
    context.stderr.write(`\r\x1b[2K${label} ${place}${speed}${eta} ${note}`);
  };
  return {
    update(done, note = "") {
      const now = performance.now();
      if (now - drawn < REDRAW_EVERY_MS && (total === 0 || done < total)) return;
      drawn = now;
      draw(done, note);
    },
    finish() {
      context.stderr.write("\r\x1b[2K");
    },
  };
}

export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

function formatRate(rate: number): string {
  return rate >= 100 ? rate.toFixed(0) : rate.toPrecision(3);
}
