import { Axis } from "./axis.js";
import { control, html, measure, say, set, svg } from "./dom.js";
import { drawn, joins } from "./drawing.js";
import { clip, isolated, visible } from "./signs.js";
import { bars, beside, rowsOf } from "./slots.js";
import { duration, elapsed, timeOfDay } from "./words.js";

/** @typedef {import("./slots.js").Bar} Bar */
/** @typedef {{select(job: number, attempt: number): void, point(job: number): void, instant(at: number): void}} Heard */

const LEFT = 12, RIGHT = 14, TOP = 6, ROW = 20, NAMED_ROW = 13; // pixels
const HIGH = 260; // of all rows; more are scrolled
const STEP = 1.25;
const MOST_NAMES = 300;
const PLAIN = /^[\x20-\x7e]*$/;
const length = (/** @type {string} */ text) => (PLAIN.test(text) ? text.length * 6.2 : measure(text, "10.5px sans-serif")); // all are asked at each frame of a drag

/** Attempts along time: in as many slots as ran side by side, or a row for each job. */
export class Timeline {
  /** @param {Record<string, import("./types.js").Look>} looks
   * @param {import("./jobs.js").Jobs} jobs
   * @param {Heard} heard
   * @param {AbortSignal} life */
  constructor(looks, jobs, heard, life) {
    this.looks = looks;
    this.jobs = jobs;
    this.heard = heard;
    /** @type {Bar[]} */
    this.bars = [];
    this.rows = rowsOf([], false);
    this.byJob = false;
    this.run = -1;
    /** @type {Set<number>} */
    this.critical = new Set();
    this.now = 0;
    this.pointed = -1; // a job
    this.selected = -1;
    this.at = -1; // the bar that keys act on
    /** @type {number|null} */
    this.instant = null; // the one that the picture shows, where that is not the present
    this.row = ROW; // its height
    this.axis = new Axis();
    this.picture = svg("svg", { class: "lanes", role: "img" });
    this.below = svg("g");
    this.above = svg("g");
    this.picture.append(this.below, this.above);
    this.spot = control("button", { class: "barspot", "aria-label": "attempts along time: arrow keys go from one to the next" });
    this.scale = svg("svg", { class: "scale", "aria-hidden": "true" });
    this.rolls = html("div", { class: "rolls" }, this.picture, this.spot);
    this.tip = html("div", { class: "tip", "aria-hidden": "true" });
    this.tip.hidden = true;
    this.turn = control("button", { class: "toggle", "aria-pressed": "false", title: "a row for each job" }, "by job");
    this.out = control("button", { "aria-label": "zoom out in time", title: "zoom out in time" }, "−");
    this.all = control("button", { title: "see all of the run" }, "all");
    this.in = control("button", { "aria-label": "zoom in in time", title: "zoom in in time" }, "+");
    this.tools = html("span", { class: "timetools" }, this.turn, this.out, this.all, this.in);
    this.root = html("div", { class: "timeline", role: "group", "aria-label": "timeline" }, this.rolls, this.scale, this.tip);
    this.root.hidden = true;
    this.listen(life);
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const seen = new ResizeObserver(() => this.paint());
    seen.observe(this.root);
    signal.addEventListener("abort", () => seen.disconnect());
    this.turn.addEventListener("click", () => this.group(!this.byJob), { signal });
    this.out.addEventListener("click", () => this.zoom(1 / STEP), { signal });
    this.in.addEventListener("click", () => this.zoom(STEP), { signal });
    this.all.addEventListener("click", () => this.zoom(0), { signal });
    this.rolls.addEventListener("scroll", () => this.paint(), { signal, passive: true });
    this.picture.addEventListener("pointerleave", () => this.hover(null), { signal });
    this.picture.addEventListener("click", (event) => {
      const bar = this.moved ? undefined : this.bars[this.find(event)];
      if (bar) this.heard.select(bar.job, bar.attempt);
    }, { signal });
    this.rolls.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    this.picture.addEventListener("dblclick", () => this.zoom(0), { signal });
    this.drag(this.picture, signal, (dx) => { this.axis.pan(-dx); this.paint(); }, (event) => this.hover(event));
    this.drag(this.scale, signal, (_dx, event) => this.scrub(event), () => {});
    this.scale.addEventListener("pointerdown", (event) => this.scrub(event), { signal });
    this.spot.addEventListener("keydown", (event) => this.key(event), { signal });
    this.spot.addEventListener("click", () => this.open(), { signal });
    this.spot.addEventListener("focus", () => this.go(Math.max(0, this.at), false), { signal });
    this.spot.addEventListener("blur", () => this.hover(null), { signal });
  }

  /** @param {Element} element
   * @param {AbortSignal} signal
   * @param {(dx: number, event: PointerEvent) => void} moved
   * @param {(event: PointerEvent) => void} over */
  drag(element, signal, moved, over) {
    let held = -1, x = 0;
    const on = (/** @type {string} */ name, /** @type {(event: PointerEvent) => void} */ heard) => element.addEventListener(name, /** @type {EventListener} */ (heard), { signal });
    on("pointerdown", (event) => {
      if (event.button !== 0) return;
      [held, x] = [event.pointerId, event.clientX];
      this.moved = false;
    });
    on("pointermove", (event) => {
      if (event.pointerId !== held || !(event.buttons & 1)) return over(event);
      if (!this.moved && Math.abs(event.clientX - x) < 4) return;
      if (!this.moved) element.setPointerCapture(held);
      this.moved = true;
      this.tip.hidden = true;
      moved(event.clientX - x, event);
      x = event.clientX;
    });
    for (const name of ["pointerup", "pointercancel"]) on(name, () => { held = -1; });
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    const across = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey || event.metaKey) this.zoom(Math.exp(-event.deltaY / 300), event.clientX - this.rolls.getBoundingClientRect().left);
    else if (across && this.axis.seen) { this.axis.pan(across); this.paint(); }
    else return;
    event.preventDefault();
  }

  /** @param {MouseEvent} event on the scale: the instant under it is to be shown */
  scrub(event) {
    const time = this.axis.time(event.clientX - this.scale.getBoundingClientRect().left);
    this.heard.instant(Math.max(this.axis.from, Math.min(time, this.axis.to)));
  }

  /** @param {number} factor 0: see all
   * @param {number} [x] */
  zoom(factor, x) {
    if (factor) this.axis.zoom(factor, x);
    else this.axis.seen = null;
    this.paint();
  }

  /** @param {boolean} byJob */
  group(byJob) {
    this.byJob = byJob;
    set(this.turn, "aria-pressed", byJob ? "true" : "false");
    this.rows = rowsOf(this.bars, byJob);
    this.paint();
  }

  // --- data
  /** The number of the first bar that may be different by now. */
  get since() {
    const open = this.bars.findIndex((bar) => bar.end === null);
    return open < 0 ? this.bars.length : open;
  }

  /** Nothing is known any more: another run is shown. */
  clear() {
    [this.bars, this.run, this.at, this.axis.seen] = [[], -1, -1, null];
    this.rows = rowsOf([], this.byJob);
  }

  /** Bars that the kernel has sent.
   * @param {import("./slots.js").Sent} sent
   * @returns {boolean} there are more to be asked for */
  take(sent) {
    if (sent.run !== this.run) this.clear();
    this.run = sent.run;
    if (sent.since > this.bars.length) return true; // another run's: from the beginning
    this.bars = [...this.bars.slice(0, sent.since), ...bars(sent)];
    this.rows = rowsOf(this.bars, this.byJob);
    this.critical = new Set(sent.critical);
    this.paint();
    return false;
  }

  /** Where the run's time ends so far. */
  get end() {
    return this.bars.reduce((most, { start, end }) => Math.max(most, end ?? Math.max(this.now, start)), 0);
  }

  // --- drawing
  /** @param {number} [now] */
  paint(now = this.now) {
    this.now = now;
    if (this.root.hidden) return;
    const none = !this.bars.length;
    for (const part of [this.spot, this.scale, this.tools]) /** @type {HTMLElement} */ (part).style.display = none ? "none" : "";
    if (none) {
      this.below.replaceChildren(svg("text", { class: "small", x: LEFT, y: 20 }, this.run < 0 ? "" : "Nothing has started yet."));
      this.above.replaceChildren();
      set(this.picture, "height", 32);
      return;
    }
    this.fit();
    const { axis, rows } = this, seen = this.window();
    const { paths, names } = drawn(this, seen);
    this.below.replaceChildren(...this.grid(), ...this.rails(), ...paths, ...this.texts(names));
    this.over();
    this.marks();
    set(this.picture, "aria-label", `timeline: ${this.bars.length} attempts in ${rows.rows} ${this.byJob ? "rows" : "lanes"} over ${duration(axis.to - axis.from)}`);
    set(this.all, "aria-disabled", axis.seen ? "false" : "true");
    set(this.out, "aria-disabled", axis.seen ? "false" : "true");
  }

  /** Set sizes to the room there is. */
  fit() {
    const { rows } = this.rows, wide = Math.max(120, this.rolls.clientWidth || this.root.clientWidth);
    this.row = this.byJob ? (rows > 60 ? 6 : rows > 20 ? 13 : ROW) : Math.max(3, Math.min(ROW, HIGH / rows));
    this.label = this.row < NAMED_ROW ? 0 : this.byJob ? Math.min(150, wide / 5) : 50;
    this.axis.take(this.bars[0].start, this.end);
    this.axis.place(LEFT + this.label, wide - LEFT - RIGHT - this.label);
    set(this.picture, "width", wide);
    set(this.picture, "height", Math.ceil(TOP + rows * this.row + 4));
  }

  /** The rows that are seen. @returns {[number, number]} */
  window() {
    const { scrollTop, clientHeight } = this.rolls;
    return [Math.floor((scrollTop - TOP) / this.row) - 1, Math.ceil((scrollTop + (clientHeight || HIGH)) / this.row) + 1];
  }

  grid() {
    const { at } = this.axis.ticks(), high = TOP + this.rows.rows * this.row;
    return at.map((time) => svg("line", { class: "tick", x1: half(this.axis.x(time)), x2: half(this.axis.x(time)), y1: TOP, y2: high }));
  }

  /** Slots are there also while nothing runs in them; rows have names where there is room. */
  rails() {
    const [first, last] = this.window(), found = [];
    let data = "";
    for (let row = Math.max(0, first); row < Math.min(this.rows.rows, last); row += 1) {
      const y = half(this.middle(row));
      if (!this.byJob) data += `M${this.axis.left},${y}h${this.axis.width}`;
      if (!this.label) continue;
      const name = this.byJob ? visible(this.jobs.names[this.rows.names[row]] ?? "") : `slot ${row + 1}`;
      found.push(svg("text", { class: "small", x: LEFT, y: y + 3.5 }, clip(name, this.label - 4, length)));
    }
    return [svg("path", { class: "rail", d: data }), ...found];
  }

  /** @param {number} row */
  middle(row) {
    return TOP + (row + 0.5) * this.row;
  }

  /** @param {number[]} found bars with room for a name */
  texts(found) {
    if (this.row < NAMED_ROW || this.byJob) return [];
    return found.slice(0, MOST_NAMES).map((at) => {
      const bar = this.bars[at], x = Math.max(this.axis.left, this.axis.x(bar.start)), aside = bar.letter === "F" ? 8 : 0; // beside its mark
      const wide = Math.min(this.axis.left + this.axis.width, this.axis.x(bar.end ?? this.now)) - x;
      const name = visible(this.jobs.names[bar.job] ?? ""), cut = clip(name, wide - 10 - aside, length);
      const text = 2 * cut.length > name.length ? cut : ""; // a stump tells nothing
      return svg("text", { class: `barname s-${bar.letter}`, x: x + 5 + aside, y: this.middle(this.rows.row[at]) + 3.5 }, text);
    });
  }

  /** What is pointed at and selected: drawn apart, for it changes with the mouse. */
  over() {
    const look = (/** @type {string} */ name, /** @type {number} */ job) => (job < 0 ? [] : joins(this, job, name));
    this.above.replaceChildren(...look("chosen", this.selected), ...(this.pointed === this.selected ? [] : look("pointed", this.pointed)), ...this.veil());
  }

  /** What had not happened yet at the instant that is shown. */
  veil() {
    if (this.instant === null) return [];
    const x = Math.max(this.axis.left, Math.min(this.axis.x(this.instant), this.axis.left + this.axis.width)), high = TOP + this.rows.rows * this.row + 4;
    return [svg("rect", { class: "veil", x, y: 0, width: Math.max(0, this.axis.left + this.axis.width - x), height: high }), svg("line", { class: "instant", x1: x, x2: x, y1: 0, y2: high })];
  }

  /** The scale below the rows. */
  marks() {
    const { at, step } = this.axis.ticks(), end = this.axis.left + this.axis.width, wide = Number(this.picture.getAttribute("width"));
    set(this.scale, "width", wide);
    const drawn = at.filter((time) => this.axis.x(time) < end - 24).map((time) => {
      const since = time - this.axis.from;
      return svg("text", { class: "small", x: this.axis.x(time) + 3, y: 13 }, step < 1 ? duration(since) : elapsed(since + 0.0005));
    });
    const head = this.instant === null ? [] : [svg("path", { class: "hand", d: `M${this.axis.x(this.instant)},0l5,7h-10z` })];
    this.scale.replaceChildren(svg("rect", { class: "strip", x: this.axis.left, width: this.axis.width, height: 20 }), ...drawn, ...head);
  }

  // --- pointing
  /** The bar under the mouse, or -1.
   * @param {MouseEvent} event */
  find(event) {
    if (!this.bars.length) return -1;
    const box = this.picture.getBoundingClientRect(), x = event.clientX - box.left, row = Math.floor((event.clientY - box.top - TOP) / this.row);
    const along = this.rows.of[row] ?? [];
    return along.findLast((at) => {
      const { start, end } = this.bars[at], left = this.axis.x(start);
      return x >= left - 1 && x <= Math.max(left + 1.5, this.axis.x(end ?? this.now)) + 1;
    }) ?? -1;
  }

  /** @param {MouseEvent|null} event */
  hover(event) {
    const at = event ? this.find(event) : -1, bar = this.bars[at];
    this.tip.hidden = !bar;
    this.point(bar ? bar.job : -1);
    this.heard.point(bar ? bar.job : -1);
    if (!bar || !event) return;
    const around = this.root.getBoundingClientRect();
    this.hint(at, event.clientX - around.left + 10, event.clientY - around.top + 14);
  }

  /** @param {number} at
   * @param {number} x
   * @param {number} y */
  hint(at, x, y) {
    this.tip.hidden = false;
    say(this.tip, this.told(this.bars[at]));
    this.tip.style.top = `${y}px`;
    this.tip.style.left = `${Math.max(4, Math.min(x, this.root.clientWidth - this.tip.offsetWidth - 4))}px`;
  }

  /** @param {Bar} bar */
  told({ job, attempt, step, start, end, ready, letter }) {
    const what = step ? `${step} after attempt ${attempt}` : `attempt ${attempt}`, waited = start - ready;
    const more = waited >= 0.05 ? `, waited ${duration(waited)} before` : "";
    return `${isolated(this.jobs.names[job] ?? "")}, ${what}: ${this.looks[letter]?.word}, ${duration((end ?? this.now) - start)}, from ${timeOfDay(start)}${more}`;
  }

  /** Let a job's bars stand out, those of the node that is pointed at.
   * @param {number} job -1 for none */
  point(job) {
    if (job === this.pointed) return;
    this.pointed = job;
    if (!this.root.hidden && this.bars.length) this.over();
  }

  /** @param {number} job */
  select(job) {
    if (job === this.selected) return;
    this.selected = job;
    if (!this.root.hidden && this.bars.length) this.over();
  }

  /** @param {number|null} at */
  show(at) {
    if (at === this.instant) return;
    this.instant = at;
    if (this.root.hidden || !this.bars.length) return;
    this.over();
    this.marks();
  }

  // --- keys
  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.shiftKey && event.key.startsWith("Arrow")) {
      this.axis.pan((event.key === "ArrowLeft" ? -0.2 : 0.2) * this.axis.width);
      this.paint();
      this.go(this.at, true);
    } else if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") this.go(beside(this.bars, this.rows, this.at, event.key, this.now), true);
    else if (event.key === "+" || event.key === "=") this.closer(STEP);
    else if (event.key === "-") this.closer(1 / STEP);
    else if (event.key === "0") this.closer(0);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} factor */
  closer(factor) {
    const { start, end } = this.bars[this.at];
    this.zoom(factor, (this.axis.x(start) + this.axis.x(end ?? this.now)) / 2);
    this.go(this.at, false);
  }

  open() {
    const bar = this.bars[this.at];
    if (bar) this.heard.select(bar.job, bar.attempt);
  }

  /** Let keys act on a bar.
   * @param {number} at
   * @param {boolean} seen bring it into the part that is seen */
  go(at, seen) {
    const bar = this.bars[at];
    if (!bar) return;
    this.at = at;
    const before = this.axis.start;
    if (seen) this.axis.reveal(bar.start, bar.end ?? this.now);
    if (before !== this.axis.start) this.paint();
    const y = TOP + this.rows.row[at] * this.row, x = Math.max(this.axis.left, this.axis.x(bar.start)), end = Math.min(this.axis.left + this.axis.width, this.axis.x(bar.end ?? this.now));
    Object.assign(this.spot.style, { left: `${x - 2}px`, top: `${y - 1}px`, width: `${Math.max(8, end - x + 4)}px`, height: `${this.row}px` });
    set(this.spot, "aria-label", this.told(bar));
    if (y < this.rolls.scrollTop || y + this.row > this.rolls.scrollTop + this.rolls.clientHeight) this.rolls.scrollTop = y - this.rolls.clientHeight / 2;
    this.point(bar.job);
    this.heard.point(bar.job);
    if (this.spot === document.activeElement) this.hint(at, x, y - this.rolls.scrollTop + this.row + 4);
  }
}

/** @param {number} value */
function half(value) {
  return Math.round(value) + 0.5;
}
