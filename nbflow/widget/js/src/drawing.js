import { svg } from "./dom.js";

const THIN = 5, NAMED = 34; // pixels: of what followed an attempt; a bar that is narrower has no name on it
const JOINED = 600; // with more bars in sight than these, only those of one job are joined

/** What is drawn of a timeline: its bars, rows and scale.
 * @typedef {{bars: import("./slots.js").Bar[], rows: import("./slots.js").Rows, axis: import("./axis.js").Axis, row: number, byJob: boolean, now: number,
 *   critical: Set<number>, middle(row: number): number}} Drawing */

/** A path for all bars of a look, and the bars with room for a name. A bar that would hide in the pixel of its neighbour
 * of the same look is left out: there are never more than there are pixels.
 * @param {Drawing} of
 * @param {[number, number]} seen rows
 * @returns {{paths: SVGElement[], names: number[]}} */
export function drawn(of, [first, last]) {
  /** @type {Map<string, string[]>} */
  const paths = new Map();
  /** @type {Map<string, number>} */
  const reached = new Map();
  const names = [], waiting = [];
  const add = (/** @type {string} */ look, /** @type {string} */ data) => {
    const found = paths.get(look);
    if (found) found.push(data);
    else paths.set(look, [data]);
  };
  for (let at = 0; at < of.bars.length; at += 1) {
    const row = of.rows.row[at], bar = of.bars[at];
    if (row < first || row > last) continue;
    const box = boxOf(of, at);
    if (!box) continue;
    waiting.push(at);
    const [x, y, wide, high] = box, look = `s-${bar.letter}${bar.step ? " step" : ""}`, key = `${row} ${look}`;
    if (x + wide - (reached.get(key) ?? -1) < 0.7) continue;
    reached.set(key, x + wide);
    const seen = wide > 4 ? round(wide - 1) : wide; // neighbours are told apart
    add(look, `M${x},${y}h${seen}v${high}h${-seen}z`);
    if (bar.letter === "F" && wide >= 6 && high >= 6 && !bar.step) add("cross", cross(x, y, Math.min(6, wide - 4), Math.min(6, high - 4)));
    if (of.critical.has(bar.job)) add("critical", `M${x},${round(y + high + 1.5)}h${wide}`);
    if (wide >= NAMED && !bar.step) names.push(at);
  }
  const lines = of.byJob || waiting.length <= JOINED ? waits(of, waiting) : [];
  const order = [...paths].sort(([one], [other]) => rank(one) - rank(other));
  return { paths: [...lines, ...order.map(([look, data]) => svg("path", { class: look.startsWith("s-") ? `bar-body ${look}` : look === "cross" ? "bar-cross" : look, d: data.join("") }))], names };
}

/** @param {string} look */
function rank(look) {
  return look.startsWith("s-") ? 0 : look === "cross" ? 1 : 2;
}

/** @param {number} x
 * @param {number} y
 * @param {number} wide
 * @param {number} high */
function cross(x, y, wide, high) {
  return `M${x + 2},${y + 2}l${wide},${high}m0,${-high}l${-wide},${high}`;
}

/** Left, top, width, height of a bar, as far as it is in sight.
 * @param {Drawing} of
 * @param {number} at
 * @returns {[number, number, number, number]|null} */
function boxOf(of, at) {
  const { start, end, step } = of.bars[at], { axis, row } = of, right = axis.left + axis.width;
  const from = axis.x(start), to = axis.x(end ?? of.now), x = Math.max(axis.left, from);
  if (to < axis.left || from > right) return null;
  const gap = Math.min(4, row / 4), high = step ? Math.min(THIN, row - gap) : row - gap, y = of.middle(of.rows.row[at]) - high / 2;
  return [round(x), round(y), round(Math.max(1.5, Math.min(right, to) - x)), round(high)];
}

/** Thin lines: in rows of their own from when on a job could have started; between attempts while a retry was delayed.
 * @param {Drawing} of
 * @param {number[]} found bars
 * @returns {SVGElement[]} */
function waits(of, found) {
  let slot = "", retry = "";
  const before = previous(of);
  for (const at of found) {
    const bar = of.bars[at], y = round(of.middle(of.rows.row[at]));
    if (of.byJob && bar.start > bar.ready) slot += line(of, bar.ready, y, bar.start, y);
    const from = before.get(at);
    if (bar.after !== null && from !== undefined && bar.ready > bar.after) retry += line(of, bar.after, of.middle(of.rows.row[from]), bar.ready, y);
  }
  return [svg("path", { class: "wait", d: slot }), svg("path", { class: "wait delay", d: retry })];
}

/** The bar that came before each, of the same job.
 * @param {Drawing} of
 * @returns {Map<number, number>} */
function previous({ bars }) {
  const last = new Map(), found = new Map();
  bars.forEach((bar, at) => {
    if (last.has(bar.job)) found.set(at, last.get(bar.job));
    last.set(bar.job, at);
  });
  return found;
}

/** @param {Drawing} of
 * @param {number} start
 * @param {number} above
 * @param {number} end
 * @param {number} below */
function line({ axis }, start, above, end, below) {
  const right = axis.left + axis.width, from = axis.x(start), to = axis.x(end);
  if (to < axis.left || from > right) return "";
  return `M${round(Math.max(axis.left, from))},${round(above)}L${round(Math.min(right, to))},${round(below)}`;
}

/** The bars of one job, with what it waited for.
 * @param {Drawing} of
 * @param {number} job
 * @param {string} look
 * @returns {SVGElement[]} */
export function joins(of, job, look) {
  let boxes = "", slot = "", retry = "";
  /** @type {number|undefined} */
  let before;
  of.bars.forEach((bar, at) => {
    if (bar.job !== job) return;
    const box = boxOf(of, at), y = of.middle(of.rows.row[at]);
    if (box) boxes += `M${box[0]},${box[1]}h${box[2]}v${box[3]}h${-box[2]}z`;
    if (bar.start > bar.ready) slot += line(of, bar.ready, y + of.row / 2 - 1, bar.start, y + of.row / 2 - 1);
    if (bar.after !== null && before !== undefined && bar.ready > bar.after) retry += line(of, bar.after, of.middle(of.rows.row[before]), bar.ready, y);
    before = at;
  });
  return [svg("path", { class: "wait one", d: slot }), svg("path", { class: "wait delay one", d: retry }), svg("path", { class: look, d: boxes })];
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
