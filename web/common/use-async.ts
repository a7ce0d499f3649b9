/** @file Work that ends later: given up when what it was started for changes. */
import { useEffect, useState } from "preact/hooks";

export type Async<T> =
  | { readonly state: "idle" | "busy" }
  | { readonly state: "done"; readonly value: T }
  | { readonly state: "failed"; readonly error: Error };

const BUSY = { state: "busy" } as const;
const IDLE = { state: "idle" } as const;

/**
 * Starts `work` whenever one of `inputs` changes; `null` is no work. A result is only ever that of the inputs of this
 * call: an older one is not shown for newer inputs, not even once.
 */
export function useAsync<T>(
  work: ((signal: AbortSignal) => Promise<T>) | null,
  inputs: readonly unknown[],
): Async<T> {
  const [ended, setEnded] = useState<{
    readonly inputs: readonly unknown[];
    readonly result: Async<T>;
  } | null>(null);
  const idle = work === null;
  useEffect(() => {
    if (work === null) return;
    const controller = new AbortController();
    const end = (result: Async<T>) => {
      if (!controller.signal.aborted) setEnded({ inputs, result });
    };
    work(controller.signal).then(
      (value) => end({ state: "done", value }),
      (error: Error) => end({ state: "failed", error }),
    );
    return () => controller.abort();
    // The inputs are what the work depends on; the function is made anew each time.
  }, [...inputs, idle]);
  if (idle) return IDLE;
  const isCurrent = ended?.inputs.every((input, place) => Object.is(input, inputs[place])) === true;
  return isCurrent ? ended!.result : BUSY;
}

export function doneValue<T>(result: Async<T>): T | null {
  return result.state === "done" ? result.value : null;
}
