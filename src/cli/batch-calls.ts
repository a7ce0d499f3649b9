/** @file Gathers calls that are made close together into one call of a function that works on many inputs at once. */
import { ClinicalBertError } from "../errors.js";

/**
 * A function of one input that waits for its neighbours (those of the same turn of the event loop) and asks `run` for all
 * of them. When `run` refuses a batch with a `ClinicalBertError`, each input is tried alone, so that one bad input does
 * not fail its neighbours.
 */
export function batchCalls<I, O>(
  run: (inputs: readonly I[]) => Promise<readonly O[]>,
): (input: I) => Promise<O> {
  interface Call {
    readonly input: I;
    readonly resolve: (output: O) => void;
    readonly reject: (error: unknown) => void;
  }
  let waiting: Call[] = [];
  let last = Promise.resolve();
  const runOne = async ({ input, resolve, reject }: Call): Promise<void> => {
    await run([input]).then(([output]) => resolve(output!), reject);
  };
  const runAll = async (calls: readonly Call[]): Promise<void> => {
    try {
      const outputs = await run(calls.map(({ input }) => input));
      for (const [index, { resolve }] of calls.entries()) resolve(outputs[index]!);
    } catch (error) {
      if (error instanceof ClinicalBertError && calls.length > 1)
        for (const call of calls) await runOne(call);
      else for (const { reject } of calls) reject(error);
    }
  };
  return (input) =>
    new Promise<O>((resolve, reject) => {
      if (waiting.length === 0)
        setImmediate(() => {
          const calls = waiting;
          waiting = [];
          last = last.then(() => runAll(calls));
        });
      waiting.push({ input, resolve, reject });
    });
}
