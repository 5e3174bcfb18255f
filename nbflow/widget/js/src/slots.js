/** An attempt, or what followed it (*step*), in its slot. *after*: when what was before it ended, *ready*: from when on it
 * waited for a slot; *end*: null while it goes on. Instants in seconds since the epoch.
 * @typedef {{job: number, attempt: number, step: string, after: number|null, ready: number, start: number, end: number|null, letter: string, lane: number}} Bar
 * @typedef {{run: number, since: number, critical: number[], at: number, jobs: number[], attempts: number[], steps: Record<string, string>, starts: number[],
 *   ends: number[], readies: number[], afters: number[], letters: string, lanes: number[], of?: number|null}} Sent as nbflow/widget/columns.py makes it
 * @typedef {{rows: number, row: number[], of: number[][], names: number[]}} Rows *row*: of each bar; *of*: each row's bars; *names*: each row's job, if it has one */

/** @param {Sent} sent
 * @returns {Bar[]} */
export function bars({ at, jobs, attempts, steps, starts, ends, readies, afters, letters, lanes }) {
  return jobs.map((job, n) => {
    const start = at + starts[n] / 1000;
    return {
      job, attempt: attempts[n], step: Object.hasOwn(steps, n) ? steps[n] : "", start, ready: start - readies[n] / 1000, lane: lanes[n], letter: letters[n],
      after: afters[n] < 0 ? null : start - afters[n] / 1000, end: ends[n] < 0 ? null : start + ends[n] / 1000,
    };
  });
}

/** The rows that bars stand in: their slots, or one for each job in the order of start.
 * @param {Bar[]} all in the order of start
 * @param {boolean} byJob
 * @returns {Rows} */
export function rowsOf(all, byJob) {
  /** @type {Map<number, number>} */
  const place = new Map();
  for (const { job } of all) if (byJob && !place.has(job)) place.set(job, place.size);
  const row = all.map((bar) => (byJob ? /** @type {number} */ (place.get(bar.job)) : bar.lane));
  const rows = row.reduce((most, one) => Math.max(most, one + 1), 0);
  const of = Array.from({ length: rows }, () => /** @type {number[]} */ ([]));
  row.forEach((one, at) => of[one].push(at));
  return { rows, row, of, names: [...place.keys()] };
}

/** The bar that a key leads to.
 * @param {Bar[]} all
 * @param {Rows} rows
 * @param {number} at the bar that it leads from
 * @param {string} key
 * @param {number} now
 * @returns {number} */
export function beside(all, rows, at, key, now) {
  const row = rows.row[at], along = rows.of[row], place = along.indexOf(at);
  if (key === "ArrowLeft") return along[Math.max(0, place - 1)];
  if (key === "ArrowRight") return along[Math.min(along.length - 1, place + 1)];
  if (key === "Home") return along[0];
  if (key === "End") return along[along.length - 1];
  const other = rows.of[row + (key === "ArrowUp" ? -1 : 1)];
  if (!other?.length) return at;
  const middle = (/** @type {number} */ one) => (all[one].start + (all[one].end ?? now)) / 2;
  return other.reduce((best, one) => (Math.abs(middle(one) - middle(at)) < Math.abs(middle(best) - middle(at)) ? one : best));
}
