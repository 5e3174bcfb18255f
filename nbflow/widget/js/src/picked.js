import { under } from "./dom.js";
import { Many } from "./many.js";
import { Selection, between } from "./selection.js";

const FIRST = "RTVBLFNQWHCKSDUM"; // which status stands for many: while some go on that, then what went wrong
const EVERY = 1000; // milliseconds between two questions about a group

/** What is picked: kept, marked in the picture, and told of where it is more than one job. */
export class Picked {
  /** @param {Record<string, import("./types.js").Look>} looks
   * @param {import("./present.js").Present} present
   * @param {import("./jobs.js").Jobs} jobs
   * @param {import("./dag.js").Dag} dag
   * @param {import("./acting.js").Acting} acting
   * @param {{changed(): void, close(): void, go(job: string): void, members(group: string): void}} heard
   * @param {AbortSignal} life */
  constructor(looks, present, jobs, dag, acting, heard, life) {
    this.present = present;
    this.jobs = jobs;
    this.dag = dag;
    this.acting = acting;
    this.heard = heard;
    this.now = new Selection();
    this.drawer = new Many(looks, {
      act: (op) => this.act((action) => action.op === op), close: () => heard.close(), go: (job) => heard.go(job), all: () => this.several(this.numbers, false),
    }, life);
    /** @type {import("./many.js").Members|null} */
    this.told = null; // of the group that is open
    this.asked = ""; // how it stood when it was last asked for
    /** @type {any} */
    this.resting = undefined;
    this.marked = ""; // what is marked in the picture
    life.addEventListener("abort", () => clearTimeout(this.resting));
  }

  /** Of those that are picked, or of the group. */
  get numbers() {
    const { group, all } = this.now;
    return group ? this.jobs.members(group) : all.map((name) => this.jobs.number(name));
  }

  /** @param {number} at a job
   * @param {import("./selection.js").How} [how]
   * @param {number} [from] where a range begins, if nothing is picked */
  job(at, how = "alone", from = -1) {
    const name = this.jobs.names[at], start = this.now.anchor && !this.now.empty ? this.jobs.number(this.now.anchor) : from;
    if (name === undefined) return;
    if (how === "beside") this.now.toggle([name]);
    else if (how === "range" && start >= 0) {
      const { graph, of, node } = this.jobs;
      if (graph) this.now.put(between(graph, of, node, start, at).map((job) => this.jobs.names[job]), this.jobs.names[start]);
    } else this.now.pick(name);
    this.heard.changed();
  }

  /** @param {number[]} jobs
   * @param {boolean} add to what is picked, or leave them out if all of them are */
  several(jobs, add) {
    const names = jobs.map((job) => this.jobs.names[job]);
    if (!names.length) return;
    if (add) this.now.toggle(names);
    else this.now.put(names);
    this.heard.changed();
  }

  /** Open a group or fan-out.
   * @param {string} name */
  group(name) {
    this.now.open(name);
    this.told = null;
    this.asked = "";
    this.heard.changed();
  }

  /** @param {import("./many.js").Members} told */
  take(told) {
    if (told.name === this.now.group) this.told = told;
  }

  /** @param {string} key in capitals with Shift
   * @param {number} at the job that has the focus; -1: none has
   * @returns {boolean} whether the key means something here */
  key(key, at) {
    if (key.length !== 1) return false;
    if (key.toLowerCase() === "g") return this.around(at);
    const { job, all, group } = this.now;
    if (group || (all.length > 1 && (at < 0 || all.includes(this.jobs.names[at])))) return this.act((action) => action.key === key);
    const name = this.jobs.names[at] ?? job;
    return !!name && this.acting.job(name, (action) => action.key === key);
  }

  /** Open the group or fan-out that a job is in, the smallest.
   * @param {number} at
   * @returns {boolean} whether there is one */
  around(at) {
    const of = at >= 0 ? at : this.jobs.number(this.now.job), { members } = this.present.moment.graph;
    const around = Object.keys(members).filter((name) => this.jobs.members(name).includes(of));
    const [first] = around.sort((a, b) => this.jobs.members(a).length - this.jobs.members(b).length);
    if (first) this.group(first);
    return !!first;
  }

  /** @param {(action: import("./actions.js").Action) => boolean} meant
   * @returns {boolean} */
  act(meant) {
    return this.acting.many(this.numbers, this.whose, meant);
  }

  get whose() {
    return this.now.group ? ` of ${this.now.group}` : "";
  }

  /** @param {Element} main where the drawer of many jobs stands while it is open
   * @returns {boolean} whether something is open */
  paint(main) {
    const { now, jobs } = this, { graph, names, status } = this.present.moment;
    now.prune((name) => jobs.number(name) >= 0, (group) => under(graph.members, group) !== undefined);
    const at = jobs.number(now.job), key = `${now.job}\n${[...now.names].join("\n")}\n${names.length}`;
    if (this.dag.selected !== at || this.marked !== key) {
      this.marked = key;
      const before = this.dag.selected;
      this.dag.select(at, new Set([...now.names].map((name) => jobs.number(name))));
      if (before !== at) this.dag.stage.reveal(this.dag.drawn[jobs.node[at]]?.group);
    }
    const several = now.group !== "" || now.names.size > 0;
    if (several && !this.drawer.root.isConnected) main.append(this.drawer.root);
    if (several) this.drawer.paint(this.shown(status));
    else this.drawer.root.remove();
    return !now.empty;
  }

  /** @param {string} status
   * @returns {import("./many.js").Shown} */
  shown(status) {
    const { group } = this.now, numbers = this.numbers, fan = under(this.present.moment.graph.fans, group);
    const stands = [...FIRST].find((letter) => numbers.some((job) => status[job] === letter)) ?? "";
    if (group) this.want(numbers.map((job) => status[job]).join(""));
    const count = numbers.length.toLocaleString("en");
    return {
      title: group || `${count} jobs`, word: group ? `${fan && !fan[3] ? "fan-out" : "group"} of ${count}` : "selected", letter: group ? stands : "", whose: this.whose,
      jobs: numbers, names: this.jobs.names, status, acts: this.acting.canMany(numbers, this.whose), group, told: group ? this.told : null,
    };
  }

  /** Have the kernel tell of the group where it stands otherwise, now and then.
   * @param {string} standing */
  want(standing) {
    const key = `${this.now.group}\n${standing}`;
    if (!this.present.live || key === this.asked || this.resting !== undefined) return;
    this.asked = key;
    this.heard.members(this.now.group);
    this.resting = setTimeout(() => {
      this.resting = undefined;
      if (this.now.group) this.heard.changed();
    }, EVERY);
  }
}
