/** @typedef {{since: number, all: number, at: number, times: number[], jobs: number[], letters: string, verdicts: [at: number, group: string, verdict: string][], members: Record<string, number[]>, of?: number|null}} Sent
 *   as nbflow/widget/columns.py makes it */

const NOT_YET = "_".charCodeAt(0);
const EVERY = 512; // shifts between two statuses that are kept

/** How the statuses of a run came about: what stood at any instant is found in a few hundred steps. */
export class Replay {
  constructor() {
    this.jobs = 0;
    /** @type {number[]} */
    this.times = []; // seconds since the epoch
    /** @type {number[]} */
    this.job = [];
    /** @type {number[]} */
    this.code = []; // of the letters
    /** @type {[number, string, string][]} */
    this.verdicts = [];
    /** @type {Record<string, number[]>} */
    this.members = {}; // of groups
    /** @type {Uint8Array[]} */
    this.kept = []; // before each EVERY-th shift
  }

  /** Where new shifts may begin: those of the last instant may have changed.
   * @returns {number} */
  get since() {
    const last = this.times.at(-1);
    return last === undefined ? 0 : this.times.indexOf(last);
  }

  /** @param {Sent} sent */
  take({ since, all, at, times, jobs, letters, verdicts, members }) {
    this.jobs = all;
    this.times.length = this.job.length = this.code.length = since;
    let time = at, job = 0;
    times.forEach((step, n) => {
      time = n ? time + step / 1000 : at;
      job += jobs[n];
      this.times.push(Math.round(time * 1000) / 1000);
      this.job.push(job);
      this.code.push(letters.charCodeAt(n));
    });
    this.verdicts = verdicts;
    this.members = members;
    this.keep();
  }

  keep() {
    const now = new Uint8Array(this.jobs).fill(NOT_YET);
    this.kept = [];
    for (let n = 0; n < this.times.length; n += 1) {
      if (n % EVERY === 0) this.kept.push(now.slice());
      now[this.job[n]] = this.code[n];
    }
  }

  get empty() {
    return !this.times.length;
  }

  get from() {
    return this.times[0] ?? 0;
  }

  /** How many shifts had happened.
   * @param {number} time */
  count(time) {
    let low = 0, high = this.times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] <= time + 0.0005) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A letter for each job; "_" before its declaration.
   * @param {number} time
   * @returns {string} */
  status(time) {
    const count = this.count(time), place = Math.min(this.kept.length - 1, Math.floor(count / EVERY));
    if (place < 0) return "_".repeat(this.jobs);
    const now = this.kept[place].slice();
    for (let n = place * EVERY; n < count; n += 1) now[this.job[n]] = this.code[n];
    return new TextDecoder().decode(now);
  }

  /** What a group had come to.
   * @param {string} group
   * @param {number} time */
  verdict(group, time) {
    return this.verdicts.findLast(([at, name]) => name === group && at <= time + 0.0005)?.[2] ?? "undecided";
  }

  /** The instant of the next change, or of the last one before.
   * @param {number} time
   * @param {boolean} back
   * @returns {number|undefined} */
  next(time, back) {
    if (!back) return this.times[this.count(time)];
    const here = this.count(time), at = this.times[here - 1];
    const before = at !== undefined && at < time - 0.001 ? here : this.times.indexOf(at);
    return this.times[before - 1];
  }
}
