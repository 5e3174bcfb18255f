import { html, say, set, svg } from "./dom.js";
import { duration, elapsed, timeOfDay } from "./words.js";

/** @typedef {[job: number, attempt: number, step: string, start: number, end: number|null, letter: string, lane: number]} Bar */

const LEFT = 12, RIGHT = 14, TOP = 6, AXIS = 22, ROW = 20, THIN = 5; // pixels
const NAMED = 34; // a bar that is narrower has no name on it
const MOST_NAMES = 300;

/** Attempts along time, in as many lanes as ran side by side. */
export class Timeline {
  /** @param {Record<string, import("./types.js").Look>} looks
   * @param {import("./jobs.js").Jobs} jobs
   * @param {{select(job: number, attempt: number): void, point(job: number): void}} heard
   * @param {AbortSignal} life */
  constructor(looks, jobs, heard, life) {
    this.looks = looks;
    this.jobs = jobs;
    this.heard = heard;
    /** @type {Bar[]} */
    this.bars = [];
    this.run = -1;
    this.all = 0;
    /** @type {Set<number>} */
    this.critical = new Set();
    this.now = 0;
    this.pointed = -1; // a job
    this.selected = -1;
    /** @type {number|undefined} */
    this.row = undefined; // its height
    this.picture = svg("svg", { class: "lanes", role: "img" });
    this.cursor = svg("line", { class: "cursor" });
    this.tip = html("div", { class: "tip", "aria-hidden": "true" });
    this.tip.hidden = true;
    this.root = html("div", { class: "timeline" }, this.picture, this.tip);
    this.root.hidden = true;
    const seen = new ResizeObserver(() => this.paint());
    seen.observe(this.root);
    life.addEventListener("abort", () => seen.disconnect());
    this.picture.addEventListener("pointermove", (event) => this.hover(event), { signal: life });
    this.picture.addEventListener("pointerleave", () => this.hover(null), { signal: life });
    this.picture.addEventListener("click", (event) => {
      const bar = this.at(event);
      if (bar) heard.select(bar[0], bar[1]);
    }, { signal: life });
  }

  /** The number of the first bar that may be different by now. */
  get since() {
    const open = this.bars.findIndex((bar) => bar[4] === null);
    return open < 0 ? this.bars.length : open;
  }

  /** Bars that the kernel has sent.
   * @param {{run: number, since: number, bars: Bar[], all: number, critical: number[]}} sent
   * @returns {boolean} there are more to be asked for */
  take({ run, since, bars, all, critical }) {
    if (run !== this.run) this.bars = [];
    this.run = run;
    this.all = all;
    if (since > this.bars.length) return true; // another run's: from the beginning
    this.bars = [...this.bars.slice(0, since), ...bars];
    this.critical = new Set(critical);
    this.paint();
    return this.bars.length < all;
  }

  /** Seconds from the first bar's start to the end, or to now. */
  get span() {
    const last = Math.max(...this.bars.map(([, , , start, end]) => Math.max(end ?? this.now, start)));
    return Math.max(0.001, last - this.bars[0][3]);
  }

  get lanes() {
    return Math.max(0, ...this.bars.map((bar) => bar[6])) + 1;
  }

  get width() {
    return Math.max(120, this.root.clientWidth);
  }

  /** @param {number} time
   * @param {number} span */
  x(time, span) {
    return LEFT + ((time - this.bars[0][3]) / span) * (this.width - LEFT - RIGHT);
  }

  /** @param {number} [now] */
  paint(now = this.now) {
    this.now = now;
    if (this.root.hidden) return;
    if (!this.bars.length) {
      this.picture.replaceChildren(svg("text", { class: "small", x: LEFT, y: 20 }, "Nothing has started yet."));
      set(this.picture, "height", 32);
      return;
    }
    const lanes = this.lanes, row = Math.max(3, Math.min(ROW, 260 / lanes)), high = TOP + lanes * row + AXIS, span = this.span;
    set(this.picture, "width", this.width);
    set(this.picture, "height", high);
    set(this.picture, "aria-label", `timeline: ${this.bars.length} attempts in ${lanes} lanes over ${duration(span)}`);
    this.row = row;
    this.picture.replaceChildren(...this.grid(span, high), ...this.bodies(span, row), ...this.names(span, row), this.cursor);
  }

  /** @param {number} span
   * @param {number} high */
  grid(span, high) {
    const step = apart(span, (this.width - LEFT - RIGHT) / 80), drawn = [];
    for (let at = 0; at <= span * 1.0001; at += step) {
      const x = Math.round(this.x(this.bars[0][3] + at, span)) + 0.5;
      drawn.push(svg("line", { class: "tick", x1: x, x2: x, y1: TOP, y2: high - AXIS + 3 }));
      if (x < this.width - 30) drawn.push(svg("text", { class: "small", x: x + 3, y: high - 7 }, step < 1 ? duration(at) : elapsed(at)));
    }
    return drawn;
  }

  /** One path for all bars of a look.
   * @param {number} span
   * @param {number} row */
  bodies(span, row) {
    /** @type {Map<string, string>} */
    const paths = new Map();
    const add = (/** @type {string} */ look, /** @type {string} */ data) => paths.set(look, (paths.get(look) ?? "") + data);
    for (const bar of this.bars) {
      const [x, y, wide, high] = this.box(bar, span, row), data = `M${x},${y}h${wide}v${high}h${-wide}z`;
      add(`s-${bar[5]}${bar[2] ? " step" : ""}`, data);
      if (bar[5] === "F" && wide >= 6 && high >= 6 && !bar[2]) add("s-F cross", `M${x + 2},${y + 2}l${Math.min(6, wide - 4)},${Math.min(6, high - 4)}m0,${-Math.min(6, high - 4)}l${-Math.min(6, wide - 4)},${Math.min(6, high - 4)}`);
      if (this.critical.has(bar[0])) add("critical", `M${x},${y + high + 1.5}h${wide}`);
      if (bar[0] === this.selected) add("chosen", data);
      if (bar[0] === this.pointed) add("pointed", data);
    }
    return [...paths].sort(([a], [b]) => order(a) - order(b)).map(([look, d]) => svg("path", { class: `bar-${look.includes("cross") ? "cross" : look.startsWith("s-") ? "body" : look} ${look}`, d }));
  }

  /** @param {Bar} bar
   * @param {number} span
   * @param {number} row
   * @returns {[number, number, number, number]} left, top, width, height */
  box([, , step, start, end, , lane], span, row) {
    const x = this.x(start, span), wide = Math.max(1.5, this.x(end ?? this.now, span) - x), gap = Math.min(4, row / 4);
    const high = step ? Math.min(THIN, row - gap) : row - gap;
    return [round(x), round(TOP + lane * row + (row - gap - high) / 2), round(wide), round(high)];
  }

  /** @param {number} span
   * @param {number} row */
  names(span, row) {
    if (row < 13) return [];
    const drawn = [];
    for (const bar of this.bars) {
      const [x, y, wide] = this.box(bar, span, row);
      if (bar[2] || wide < NAMED || drawn.length >= MOST_NAMES) continue;
      const aside = bar[5] === "F" ? 8 : 0; // beside its mark
      const name = this.jobs.names[bar[0]] ?? "", room = Math.floor((wide - 10 - aside) / 6.2), text = name.length > room ? `${name.slice(0, Math.max(1, room - 1))}…` : name;
      drawn.push(svg("text", { class: `barname s-${bar[5]}`, x: x + 5 + aside, y: y + row / 2 + 2.5 }, text));
    }
    return drawn;
  }

  /** The bar under the mouse.
   * @param {MouseEvent} event
   * @returns {Bar|undefined} */
  at(event) {
    if (!this.bars.length || !this.row) return undefined;
    const box = this.picture.getBoundingClientRect(), left = event.clientX - box.left, lane = Math.floor((event.clientY - box.top - TOP) / this.row), span = this.span;
    return this.bars.findLast((bar) => {
      const [x, , wide] = this.box(bar, span, this.row ?? ROW);
      return bar[6] === lane && left >= x - 1 && left <= x + wide + 1;
    });
  }

  /** @param {MouseEvent|null} event */
  hover(event) {
    const bar = event ? this.at(event) : undefined;
    this.tip.hidden = !bar;
    this.point(bar ? bar[0] : -1);
    this.heard.point(bar ? bar[0] : -1);
    if (!bar || !event) return;
    const around = this.root.getBoundingClientRect(), [job, attempt, step, start, end, letter] = bar;
    const what = step ? `${step} after attempt ${attempt}` : `attempt ${attempt}`;
    say(this.tip, `${this.jobs.names[job]}, ${what}: ${this.looks[letter]?.word}, ${duration((end ?? this.now) - start)}, from ${timeOfDay(start)}`);
    this.tip.style.top = `${event.clientY - around.top + 14}px`;
    this.tip.style.left = `${Math.max(4, Math.min(event.clientX - around.left + 10, around.width - this.tip.offsetWidth - 4))}px`;
  }

  /** Let a job's bars stand out, those of the node that is pointed at.
   * @param {number} job -1 for none */
  point(job) {
    if (job === this.pointed) return;
    this.pointed = job;
    this.paint();
  }

  /** @param {number} job */
  select(job) {
    if (job === this.selected) return;
    this.selected = job;
    this.paint();
  }
}

/** @param {string} look */
function order(look) {
  return look.startsWith("s-") && !look.includes("cross") ? 0 : look.includes("cross") ? 1 : 2;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}

const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
/** Seconds between two ticks.
 * @param {number} span
 * @param {number} most ticks */
export function apart(span, most) {
  return STEPS.find((step) => span / step <= Math.max(1, most)) ?? Math.ceil(span / Math.max(1, most) / 86400) * 86400;
}
