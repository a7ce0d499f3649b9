/** @file Names malformed records of notes on standard error, the first few of them. */
import type { Refusal } from "../notes/refusal.js";
import type { CliContext } from "./context.js";

/** Refusals that are named one by one; a file full of them would hide everything else. */
const MOST_NAMED = 5;

export function sayRefusals(context: CliContext): (refusal: Refusal) => void {
  let count = 0;
  return ({ source, record, offset, reason }) => {
    count++;
    const place = offset === -1 ? "" : ` at byte ${offset}`;
    if (count <= MOST_NAMED)
      context.stderr.write(`clinicalbert: ${source}: record ${record}${place} is left out (${reason})\n`);
    else if (count === MOST_NAMED + 1)
      context.stderr.write(
        "clinicalbert: more records are left out; `clinicalbert format` names each of them\n",
      );
  };
}
