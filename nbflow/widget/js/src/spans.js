/** @typedef {import("./types.js").Details} Details */
/** What a job's time went into. *letter*: of a status, "" for waiting.
 * @typedef {{what: string, letter: string, from: number, to: number}} Span */

const ENDS = /** @type {Record<string, string>} */ ({ succeeded: "S", failed: "F", cancelled: "C", lost: "N", skipped: "K" });

/** What the time of a job's present generation went into, from its declaration to its end, or to now.
 * @param {Details} details
 * @param {number} now
 * @returns {Span[]} */
export function spans({ attempts, generation, declared_at: declared }, now) {
  /** @type {Span[]} */
  const found = [];
  for (const one of attempts.filter((each) => each.generation === generation && each.started_at !== null)) {
    for (const part of [one, ...one.steps]) {
      if (part.started_at === null) continue;
      const from = part.started_at, to = part.ended_at ?? Math.max(now, from), at = found.at(-1)?.to ?? declared ?? from;
      if (from - at > 0.05) found.push({ what: found.length ? "between attempts" : "waited", letter: "", from: at, to: from });
      const letter = "step" in part ? "T" : part.ended_at === null ? "R" : (ENDS[part.end] ?? "N");
      found.push({ what: "step" in part ? String(part.step) : `attempt ${one.number}`, letter, from, to });
    }
  }
  return found;
}
