import { under } from "./dom.js";

/** The jobs by number and name, and where each stands in the picture. */
export class Jobs {
  constructor() {
    this.text = "";
    /** @type {string[]} */
    this.names = [];
    /** @type {Map<string, number>} */
    this.numbers = new Map();
    /** @type {import("./types.js").Graph|null} */
    this.graph = null;
    /** @type {number[][]} node -> the numbers of its jobs */
    this.of = [];
    /** @type {number[]} job -> its node */
    this.node = [];
  }

  /** @param {string} text the names, one a line
   * @param {import("./types.js").Graph} graph */
  take(text, graph) {
    if (this.text !== text) {
      this.text = text;
      this.names = text ? text.split("\n") : [];
      this.numbers = new Map(this.names.map((name, at) => [name, at]));
    }
    if (this.graph === graph) return;
    this.graph = graph;
    this.of = graph.nodes.map((node) => (node[9] ? spread(node[7]) : node[7]));
    this.node = [];
    this.of.forEach((jobs, at) => jobs.forEach((job) => { this.node[job] = at; }));
  }

  /** The numbers of those in a group or fan-out.
   * @param {string} name */
  members(name) {
    return spread(under(this.graph?.members, name) ?? []);
  }

  /** @param {string} name
   * @returns {number} -1 if there is none */
  number(name) {
    return this.numbers.get(name) ?? -1;
  }
}

/** The numbers of runs: first, count, first, count.
 * @param {number[]} runs */
export function spread(runs) {
  const found = [];
  for (let at = 0; at < runs.length; at += 2) for (let more = 0; more < runs[at + 1]; more += 1) found.push(runs[at] + more);
  return found;
}
