import { streams } from "./reach.js";

/** @typedef {import("./types.js").Graph} Graph */
/** @typedef {[left: number, top: number, right: number, bottom: number]} Area in the picture's own units */

/** How a job is picked: alone, beside others, with all between. @typedef {"alone"|"beside"|"range"} How */

/** What a person has picked: one job, many, or a group; by names, for numbers change while jobs are declared. */
export class Selection {
  constructor() {
    this.job = "";
    this.group = ""; // or a fan-out
    /** @type {Set<string>} */
    this.names = new Set(); // of many: two or more
    this.anchor = ""; // from where a range goes
  }

  get empty() {
    return !this.job && !this.group && !this.names.size;
  }

  /** @param {string} name */
  pick(name) {
    this.put([name]);
  }

  /** @param {string} group */
  open(group) {
    this.put([]);
    this.group = group;
  }

  /** Take some in beside what is picked, or leave them out if all of them are.
   * @param {string[]} some */
  toggle(some) {
    const now = new Set(this.all), on = some.some((name) => !now.has(name));
    for (const name of some) on ? now.add(name) : now.delete(name);
    this.put([...now], some[0]);
  }

  /** Exactly these.
   * @param {string[]} names
   * @param {string} [anchor] */
  put(names, anchor = names[0] ?? "") {
    this.names = new Set(names.length > 1 ? names : []);
    this.job = names.length === 1 ? names[0] : "";
    this.group = "";
    this.anchor = anchor;
  }

  /** All jobs picked by themselves. */
  get all() {
    return this.job ? [this.job] : [...this.names];
  }

  /** Let go what is not there any more.
   * @param {(name: string) => boolean} there
   * @param {(group: string) => boolean} known */
  prune(there, known) {
    if (this.group && !known(this.group)) this.group = "";
    const gone = this.all.filter((name) => !there(name));
    if (gone.length) this.put(this.all.filter((name) => there(name)), this.anchor);
  }
}

/** The jobs between two: a run of cells within a strip; on all ways from the one to the other; where no way leads, what
 * lies in the rectangle that they span.
 * @param {Graph} graph
 * @param {number[][]} of node -> its jobs
 * @param {number[]} node of each job
 * @param {number} from a job
 * @param {number} to
 * @returns {number[]} jobs */
export function between(graph, of, node, from, to) {
  const [a, b] = [node[from], node[to]];
  if (a === b) {
    const places = [of[a].indexOf(from), of[a].indexOf(to)].sort((one, other) => one - other);
    return of[a].slice(places[0], places[1] + 1);
  }
  const ends = /** @type {Record<number, number>} */ ({ [a]: from, [b]: to });
  const jobs = (/** @type {number[]} */ nodes) => nodes.flatMap((at) => (at in ends ? [ends[at]] : of[at]));
  for (const [start, end] of [[a, b], [b, a]]) {
    const above = streams(graph, end).above, below = [...streams(graph, start).below].filter((at) => above.has(at));
    if (below.length) return jobs(below.sort((one, other) => one - other));
  }
  const corners = [a, b].map((at) => box(graph, at));
  return jobs(within(graph, [Math.min(...corners.map((one) => one[0])), Math.min(...corners.map((one) => one[1])),
    Math.max(...corners.map((one) => one[2])), Math.max(...corners.map((one) => one[3]))]));
}

/** The jobs in an area: nodes that it touches, of strips the cells.
 * @param {Graph} graph
 * @param {number[][]} of
 * @param {Area} area
 * @returns {number[]} */
export function touched(graph, of, area) {
  return within(graph, area).flatMap((at) => {
    const [, left, top, , , , , , , cells] = graph.nodes[at];
    if (!cells) return of[at];
    const [x, y, across, width, height, gap] = cells;
    return of[at].filter((_, place) => {
      const [cx, cy] = [left + x + (place % across) * (width + gap), top + y + Math.floor(place / across) * (height + gap)];
      return cx < area[2] && cx + width > area[0] && cy < area[3] && cy + height > area[1];
    });
  });
}

/** @param {Graph} graph
 * @param {number} at
 * @returns {Area} */
function box(graph, at) {
  const [, x, y, width, height] = graph.nodes[at];
  return [x, y, x + width, y + height];
}

/** The nodes that an area touches.
 * @param {Graph} graph
 * @param {Area} area */
function within(graph, [left, top, right, bottom]) {
  return graph.nodes.flatMap((_, at) => {
    const [x, y, far, low] = box(graph, at);
    return x < right && far > left && y < bottom && low > top ? [at] : [];
  });
}

/** @param {{ctrlKey: boolean, metaKey: boolean, shiftKey: boolean}} event
 * @returns {How} */
export function how({ ctrlKey, metaKey, shiftKey }) {
  return ctrlKey || metaKey ? "beside" : shiftKey ? "range" : "alone";
}
