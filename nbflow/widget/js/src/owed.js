import { timeOfDay } from "./words.js";

/** @typedef {{op: string, said: string}} Request one that was not heard yet; *said*: an act, in words */

const MOST = 3; // requests that are named
const ACTS = /^(retry|run|skip|cancel|pause|unpause|undo)/; // what is more than a look

/** What to say while the kernel owes answers, or cannot give any; "" if nothing is owed.
 * @param {Request[]} owed in the order in which they were asked
 * @param {{gone: boolean, cut: boolean, busy: boolean}} kernel
 * @param {number} at until when, in seconds since the epoch, what is shown is known to be true
 * @returns {string} */
export function owing(owed, kernel, at) {
  const acts = owed.filter(({ op }) => ACTS.test(op)).map(({ said }) => said);
  const named = acts.slice(0, MOST).join(", ") + (acts.length > MOST ? ` and ${acts.length - MOST} more` : "");
  if (kernel.gone) return `${named ? `${named}: not heard. ` : ""}The kernel was restarted: this is how it stood at ${timeOfDay(at)}. Load nbflow again; %nbflow resume and %nbflow show bring it back.`;
  if (kernel.cut) return `${named ? `${named}: queued. ` : ""}No connection to the kernel: this is how it stood at ${timeOfDay(at)}.`;
  if (!owed.length) return "";
  if (kernel.busy) return named ? `${named}: queued until the cell ends.` : "A cell keeps the kernel busy: what you ask to see comes when it ends.";
  return `${named ? `${named}: no` : "No"} answer from the kernel yet. If a cell keeps it busy, clicks act when that ends; if it was restarted, run %nbflow show again.`;
}
