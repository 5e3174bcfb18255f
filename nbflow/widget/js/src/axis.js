const LEAST = 0.005; // seconds that fill the width at most
const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

/** Which part of a run's time is seen, and where each instant stands in it. */
export class Axis {
  constructor() {
    this.from = 0; // of the run, seconds since the epoch
    this.to = 1;
    /** @type {[number, number]|null} */
    this.seen = null; // null: all of it, also when it grows
    this.left = 0;
    this.width = 1;
  }

  /** @param {number} from
   * @param {number} to */
  take(from, to) {
    this.from = from;
    this.to = Math.max(to, from + 0.001);
    if (this.seen) this.look(...this.seen);
  }

  /** @param {number} left in pixels
   * @param {number} width */
  place(left, width) {
    this.left = left;
    this.width = Math.max(1, width);
  }

  get start() {
    return this.seen ? this.seen[0] : this.from;
  }

  get span() {
    return this.seen ? this.seen[1] - this.seen[0] : this.to - this.from;
  }

  /** @param {number} time */
  x(time) {
    return this.left + ((time - this.start) / this.span) * this.width;
  }

  /** @param {number} x */
  time(x) {
    return this.start + ((x - this.left) / this.width) * this.span;
  }

  /** See from one instant to another; all of it, if that is all there is.
   * @param {number} start
   * @param {number} end */
  look(start, end) {
    const whole = this.to - this.from, span = Math.max(LEAST, end - start);
    if (span >= whole) this.seen = null;
    else {
      const from = Math.max(this.from, Math.min(start, this.to - span));
      this.seen = [from, from + span];
    }
  }

  /** @param {number} factor above 1: closer
   * @param {number} [x] what stays where it is; else the middle */
  zoom(factor, x = this.left + this.width / 2) {
    const time = this.time(x), span = this.span / factor, share = (x - this.left) / this.width;
    this.look(time - share * span, time + (1 - share) * span);
  }

  /** @param {number} x pixels to the right */
  pan(x) {
    if (this.seen) this.look(this.start + (x / this.width) * this.span, this.start + (x / this.width + 1) * this.span);
  }

  /** Bring a stretch of time into the part that is seen.
   * @param {number} start
   * @param {number} end */
  reveal(start, end) {
    if (!this.seen || (start >= this.start && end <= this.start + this.span)) return;
    const middle = (start + Math.min(end, start + this.span)) / 2;
    this.look(middle - this.span / 2, middle + this.span / 2);
  }

  /** The instants with a mark, and seconds between two.
   * @returns {{step: number, at: number[]}} */
  ticks() {
    const step = apart(this.span, this.width / 80), at = [];
    const first = Math.max(0, Math.ceil((this.start - this.from) / step - 0.0001));
    for (let n = first; n * step <= this.start - this.from + this.span * 1.0001; n += 1) at.push(this.from + n * step);
    return { step, at };
  }
}

/** Seconds between two ticks.
 * @param {number} span
 * @param {number} most ticks */
export function apart(span, most) {
  return STEPS.find((step) => span / step <= Math.max(1, most)) ?? Math.ceil(span / Math.max(1, most) / 86400) * 86400;
}
