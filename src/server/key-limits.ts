/** @file What one key may do: so many requests a minute, so many at once. */
import { ClinicalBertError } from "../errors.js";
import type { Limits } from "./settings.js";

interface Use {
  /** Requests that it may still send; grows with time up to a minute's worth. */
  allowance: number;
  seen: number;
  open: number;
}

const MINUTE = 60_000;

/** Token buckets by key id. The ids are those of the key file, so their number is bounded. */
export class KeyLimits {
  readonly #limits: Pick<Limits, "requestsPerMinute" | "requestsPerKey">;
  readonly #uses = new Map<string, Use>();

  constructor(limits: Pick<Limits, "requestsPerMinute" | "requestsPerKey">) {
    this.#limits = limits;
  }

  /** Counts a request; the function that comes back says that it is over. Throws `SERVER_RATE_LIMIT`. */
  enter(key: string, now = performance.now()): () => void {
    const { requestsPerMinute, requestsPerKey } = this.#limits;
    const use = this.#uses.get(key) ?? { allowance: requestsPerMinute, seen: now, open: 0 };
    this.#uses.set(key, use);
    if (requestsPerKey > 0 && use.open >= requestsPerKey)
      throw limited(`has ${use.open} requests open; ${requestsPerKey} are allowed at once`, 1);
    if (requestsPerMinute > 0) {
      use.allowance = Math.min(
        requestsPerMinute,
        use.allowance + ((now - use.seen) / MINUTE) * requestsPerMinute,
      );
      use.seen = now;
      if (use.allowance < 1)
        throw limited(
          `has sent its ${requestsPerMinute} requests of a minute`,
          Math.ceil(((1 - use.allowance) * 60) / requestsPerMinute),
        );
      use.allowance -= 1;
    }
    use.open += 1;
    let isOver = false;
    return () => {
      if (!isOver) use.open -= 1;
      isOver = true;
    };
  }
}

function limited(what: string, retryAfter: number): ClinicalBertError {
  return new ClinicalBertError("SERVER_RATE_LIMIT", `This key ${what}.`, { details: { retryAfter } });
}
