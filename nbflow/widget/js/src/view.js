import { Acting } from "./acting.js";
import { reattaching } from "./attached.js";
import { Bars } from "./bars.js";
import { Dag } from "./dag.js";
import { html, set, under } from "./dom.js";
import { Drawer } from "./drawer.js";
import { Finder, next } from "./finder.js";
import { Header } from "./header.js";
import { Jobs } from "./jobs.js";
import { Kernel } from "./kernel.js";
import { Link, PATIENCE } from "./link.js";
import { owing } from "./owed.js";
import { Present } from "./present.js";
import { Timeline } from "./timeline.js";
import { Voice } from "./voice.js";

/** @typedef {import("./types.js").Model} Model */

const BEGUN = "nbflow-begun"; // said in the page when a model is shown
const SOON = 400; // milliseconds until a click on a busy kernel counts as not heard
const ASLEEP = 10_000; // milliseconds between two ticks after which the page must have slept

/** One view of a flow. */
class View {
  /** @param {Model} model
   * @param {AbortSignal} life */
  constructor(model, life) {
    this.model = model;
    const looks = model.get("looks");
    this.present = new Present(model, { changed: () => this.paint(), jumped: () => this.tick() }, life);
    this.voice = new Voice(looks, life);
    this.finder = new Finder({ changed: () => this.paint(), next: (back) => this.next(back) }, life);
    this.header = new Header(looks, this.finder, life);
    this.jobs = new Jobs();
    this.dag = new Dag(looks, this.jobs, {
      select: (at) => this.select(at), key: (at, key) => this.acting.key(at, key), tool: (op, whom) => this.tool(op, whom),
    }, life);
    this.drawer = new Drawer(looks, {
      act: (op) => this.acting.job(this.selected, op),
      close: () => this.close(),
      go: (job) => this.go(job),
      look: (place) => this.look(place),
      closeup: (what, job, attempt) => { if (this.present.live) this.link.ask(what, [job], { attempt }); },
      log: (job, [attempt, step], ask) => (this.present.live ? this.link.ask("log", [job], { attempt, step, ...ask }) : undefined),
    }, life);
    this.timeline = new Timeline(looks, this.jobs, {
      select: (job, attempt) => this.selectAttempt(job, attempt), point: (job) => this.dag.trace(this.jobs.node[job] ?? -1),
    }, life);
    this.kernel = new Kernel(model, { changed: () => this.owe(), back: () => this.again() }, life);
    this.link = new Link(model, {
      owed: () => this.owe(),
      patience: () => (this.kernel.gone || this.kernel.cut ? 0 : this.kernel.busy ? SOON : PATIENCE),
      ended: (op, name, answer) => this.ended(op, name, answer),
      time: (now) => this.present.setClock(now),
    }, life);
    this.acting = new Acting(this.present, this.jobs, this.link, this.voice);
    this.bars = new Bars(this.timeline, this.header.timeline, this.present, this.link, life);
    this.main = html("div", { class: "main" }, this.dag.root, this.drawer.root);
    this.footer = html("div", { class: "footer" }, this.voice.note, this.dag.stage.tools);
    this.root = html("div", { class: "nbflow-view", role: "region", "aria-label": "flow" },
      this.header.root, this.header.bar, this.main, this.timeline.root, this.footer, this.voice.live);
    this.selected = ""; // a job
    /** @type {import("./types.js").Place|null} */
    this.place = null; // whose log of the selected job is shown; null the usual one
    /** @type {import("./types.js").Graph|null} */
    this.drawn = null;
    this.ticked = Date.now();
    this.parted = 0; // when the kernel was last heard of, once it cannot be heard any more; 0 while it can
    const ticks = setInterval(() => this.tick(), 1000);
    life.addEventListener("abort", () => clearInterval(ticks));
    reattaching(this.root, () => this.tick(), life);
    this.root.addEventListener("keydown", (event) => this.keydown(event), { signal: life });
    this.header.pause.addEventListener("click", () => this.acting.pause(), { signal: life });
  }

  /** What was looked at last is open again after a reload. */
  begin() {
    const last = (this.model.get("chosen") ?? []).at(-1);
    if (last && this.details(last[0])) [this.selected, this.place] = [last[0], last[1] === null ? null : [last[1], last[2] ?? null]];
    this.paint();
    this.link.ask("hello", []);
  }

  paint() {
    const { graph, names, status, captions, marks, progress, head } = this.present.moment, { now } = this.present;
    this.jobs.take(names, graph);
    if (graph !== this.drawn) {
      this.drawn = graph;
      this.dag.build(graph);
    }
    const at = this.jobs.number(this.selected);
    if (at < 0) this.selected = "";
    this.dag.paint({ status, wanted: this.finder.among(this.jobs.names, status), captions, marks, progress, groups: head.groups ?? {}, now });
    this.dag.say(graph.nodes.length ? "" : "No jobs yet. Put %%job NAME on the first line of a cell, and run it.");
    if (this.dag.selected !== at) {
      this.dag.select(at);
      this.dag.stage.reveal(this.dag.drawn[this.jobs.node[at]]?.group);
    }
    this.header.paint(head, now);
    this.drawer.paint(this.shown());
    this.timeline.select(at);
    this.bars.want();
    this.main.classList.toggle("open", at >= 0);
    this.root.classList.toggle("past", !this.present.live);
    this.voice.empty = !graph.nodes.length;
    if (head.fault) this.voice.say(head.fault, true);
    else this.voice.hint();
    this.voice.counts(head);
  }

  tick() {
    const slept = Date.now() - this.ticked > ASLEEP;
    this.ticked = Date.now();
    if (slept) this.again();
    if (this.link.owed.length) this.owe();
    if (!this.root.isConnected || this.parted) return; // a clock that goes on would tell of a run that nobody sees
    const { head, captions } = this.present.moment, { now } = this.present;
    this.header.tick(head, now);
    this.dag.tick(captions, now);
    if (head.verdict === "running") this.timeline.paint(now);
    const shown = this.shown();
    if (shown) this.drawer.tick(shown);
  }

  /** Say what the kernel owes, and whether it can be heard at all. */
  owe() {
    const parted = this.kernel.gone || this.kernel.cut;
    this.parted = parted ? this.parted || this.present.now : 0;
    this.root.classList.toggle("parted", parted);
    this.voice.owe(owing(this.link.owed, this.kernel, this.parted), this.kernel.busy && !parted);
  }

  /** The page may have missed something: have it sent once more. */
  again() {
    if (!this.kernel.gone) this.link.ask("again", []);
  }

  /** What the drawer shows, or null. */
  shown() {
    const at = this.jobs.number(this.selected);
    if (at < 0) return null;
    const { status, captions } = this.present.moment, node = this.jobs.node[at];
    return {
      name: this.selected, letter: status[at] ?? "", caption: this.jobs.of[node]?.length === 1 ? captions[node] : undefined, place: this.place, now: this.present.now,
      details: this.details(this.selected),
      letterOf: (/** @type {string} */ job) => status[this.jobs.number(job)],
    };
  }

  /** What is known of a job.
   * @param {string} job
   * @returns {import("./types.js").Details|undefined} */
  details(job) {
    return under(this.present.moment.details, job);
  }

  // --- a person's hand
  /** @param {number} at */
  select(at) {
    const job = this.jobs.names[at];
    if (job === undefined) return;
    if (job !== this.selected) this.place = null;
    this.selected = job;
    this.ask();
  }

  /** @param {string} job */
  go(job) {
    const at = this.jobs.number(job);
    if (at < 0) return;
    this.select(at);
    this.dag.focusJob(at);
  }

  /** @param {import("./types.js").Place} place whose log is wanted */
  look(place) {
    const usual = this.details(this.selected)?.current ?? [];
    this.place = String(place) === String(usual) ? null : place;
    this.ask();
  }

  /** @param {number} at
   * @param {number} attempt */
  selectAttempt(at, attempt) {
    this.select(at);
    this.look([attempt, null]);
  }

  /** Open the next job that is looked for.
   * @param {boolean} back */
  next(back) {
    const wanted = this.finder.among(this.jobs.names, this.present.moment.status);
    const at = wanted ? next(wanted, this.jobs.number(this.selected), back) : -1;
    if (at >= 0) this.select(at);
  }

  ask() {
    const [attempt, step] = this.place ?? [null, null];
    if (this.present.live) this.link.ask("select", [this.selected], step === null ? { attempt } : { attempt, step });
    this.paint();
  }

  close() {
    const at = this.jobs.number(this.selected);
    this.selected = "";
    this.paint();
    this.dag.focusJob(at);
  }

  /** @param {KeyboardEvent} event */
  keydown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && this.selected) {
      this.close();
      event.preventDefault();
    } else if (!event.defaultPrevented && event.key.toLowerCase() === "p") {
      this.acting.pause();
    } else if (!event.defaultPrevented && event.key.toLowerCase() === "t") {
      this.bars.toggle();
    } else if (!event.defaultPrevented && event.key === "/") {
      this.finder.begin();
      event.preventDefault();
    } else if (this.selected && !event.defaultPrevented && /^[rsc]$/i.test(event.key)) {
      this.acting.key(this.jobs.number(this.selected), event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase());
    }
    event.stopPropagation(); // a letter would be a shortcut of the notebook
  }

  /** @param {string} op
   * @param {string} whom a group, or a fan-out to be opened or folded */
  tool(op, whom) {
    if (op !== "turn") this.acting.group(whom, op);
    else if (this.present.live) this.link.ask("turn", [whom]);
  }

  /** @param {string} op
   * @param {string} name
   * @param {import("./link.js").Answer} answer */
  ended(op, name, answer) {
    if (answer.kind === "bars") this.bars.take(answer);
    else if (op === "log") this.drawer.courier.hear(/** @type {any} */ (answer));
    else if (answer.kind === "code" || answer.kind === "data" || answer.kind === "output") this.drawer.take(/** @type {any} */ (answer));
    else this.acting.ended(op, name, answer);
  }
}

/** What anywidget calls for each view. One whose kernel was restarted takes up the model that the new kernel shows in its place.
 * @param {{model: Model, el: HTMLElement}} place
 * @returns {() => void} ends the view */
function render({ model, el }) {
  let life = new AbortController();
  const mount = (/** @type {Model} */ shown) => {
    const view = new View(shown, life.signal);
    el.replaceChildren(view.root);
    view.begin(); // in the page: texts can be measured
    document.addEventListener(BEGUN, (/** @type {any} */ { detail: { model: other } }) => {
      if (!view.kernel.gone || other.widget_manager !== shown.widget_manager || other.get("head").flow !== shown.get("head").flow) return;
      life.abort();
      life = new AbortController();
      mount(other);
    }, { signal: life.signal });
  };
  set(el, "data-nbflow", "view");
  document.dispatchEvent(new CustomEvent(BEGUN, { detail: { model } }));
  mount(model);
  return () => life.abort();
}

export default { render };
