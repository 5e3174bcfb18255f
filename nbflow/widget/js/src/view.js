import { Acting } from "./acting.js";
import { reattaching } from "./attached.js";
import { Bars } from "./bars.js";
import { Dag } from "./dag.js";
import { html, set, under } from "./dom.js";
import { Drawer } from "./drawer.js";
import { Finder, next } from "./finder.js";
import { Foreseen } from "./foreseen.js";
import { Header } from "./header.js";
import { Help } from "./help.js";
import { Jobs } from "./jobs.js";
import { Kernel } from "./kernel.js";
import { Link, PATIENCE } from "./link.js";
import { owing } from "./owed.js";
import { Past } from "./past.js";
import { Picked } from "./picked.js";
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
    const looks = { ...model.get("looks"), _: { word: "not declared yet", glyph: "·", stroke: "", fill: "" } };
    this.present = new Present(model, { changed: () => this.paint(), jumped: () => this.tick() }, life);
    this.voice = new Voice(looks, life);
    this.finder = new Finder({ changed: () => this.paint(), next: (back) => this.next(back) }, life);
    this.header = new Header(looks, this.finder, life);
    this.help = new Help(life);
    this.jobs = new Jobs();
    this.dag = new Dag(looks, this.jobs, {
      select: (at, how, from) => this.picked.job(at, how, from), several: (some, add) => this.picked.several(some, add),
      key: (at, key) => this.key(key, at), tool: (op, whom) => this.tool(op, whom),
    }, life);
    this.drawer = new Drawer(looks, {
      act: (op) => this.acting.job(this.picked.now.job, (action) => action.op === op),
      close: () => this.close(),
      go: (job) => this.go(job),
      look: (place) => this.look(place),
      closeup: (what, job, attempt) => this.link.ask(what, [job], { attempt, ...this.past.of }),
      log: (job, [attempt, step], ask) => this.link.ask("log", [job], { attempt, step, ...ask, ...this.past.of }),
    }, life);
    this.timeline = new Timeline(looks, this.jobs, {
      select: (job, attempt) => this.selectAttempt(job, attempt), point: (job) => this.dag.trace(this.jobs.node[job] ?? -1),
      instant: (at) => this.past.seek(at),
    }, life);
    this.kernel = new Kernel(model, { changed: () => this.owe(), back: () => this.again() }, life);
    this.link = new Link(model, {
      owed: () => this.owe(),
      patience: () => (this.kernel.gone || this.kernel.cut ? 0 : this.kernel.busy ? SOON : PATIENCE),
      ended: (op, about, answer) => this.ended(op, about, answer),
      time: (now) => this.present.setClock(now),
    }, life);
    this.foreseen = new Foreseen(this.present, (names) => this.link.ask("foretell", names), life);
    this.acting = new Acting(this.present, this.jobs, this.link, this.voice, this.foreseen);
    this.picked = new Picked(looks, this.present, this.jobs, this.dag, this.acting, {
      changed: () => this.ask(), close: () => this.close(), go: (job) => this.go(job),
      members: (group) => this.link.ask("members", [group], this.past.of),
    }, life);
    this.bars = new Bars(this.timeline, this.header.timeline, this.present, this.link, life);
    this.past = new Past(this.present, this.link, this.bars, this.jobs, looks, life);
    this.header.run.after(this.past.runs.root);
    this.timeline.root.append(html("div", { class: "timefoot" }, this.past.scrubber.root, this.timeline.tools));
    this.main = html("div", { class: "main" }, this.dag.root, this.drawer.root);
    this.footer = html("div", { class: "footer" }, this.voice.root, html("span", { class: "right" }, this.help.button, this.dag.stage.tools));
    this.root = html("div", { class: "nbflow-view", role: "region", "aria-label": "flow" },
      this.header.root, this.past.runs.list, this.header.bar, this.past.mark.root, this.main, this.timeline.root, this.footer, this.voice.live, this.help.root);
    /** @type {import("./types.js").Place|null} */
    this.place = null; // whose log of the selected job is shown; null the usual one
    /** @type {import("./types.js").Graph|null} */
    this.drawn = null;
    this.ticked = Date.now();
    this.parted = 0; // when the kernel was last heard of, once it cannot be heard any more; 0 while it can
    reattaching(this.root, () => this.tick(), life);
    this.listen(life);
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const ticks = setInterval(() => this.tick(), 1000);
    signal.addEventListener("abort", () => clearInterval(ticks));
    this.root.addEventListener("keydown", (event) => this.keydown(event), { signal });
    const once = (/** @type {HTMLElement} */ button, /** @type {() => void} */ done) =>
      button.addEventListener("click", (event) => { if (event.detail < 2) done(); }, { signal });
    once(this.header.pause, () => this.acting.pause());
    once(this.header.retry, () => this.acting.failed());
    once(this.header.pick, () => this.pickAll());
    once(this.voice.undo, () => this.acting.undo());
  }

  /** What was looked at last is open again after a reload. */
  begin() {
    const last = (this.model.get("chosen") ?? []).at(-1);
    if (last && this.details(last[0])) {
      this.picked.now.pick(last[0]);
      this.place = last[1] === null ? null : [last[1], last[2] ?? null];
    }
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
    const wanted = this.finder.among(this.jobs.names, status);
    this.dag.paint({ status, wanted, captions, marks, progress, groups: head.groups ?? {}, now });
    this.dag.say(graph.nodes.length ? "" : "No jobs yet. Put %%job NAME on the first line of a cell, and run it.");
    this.header.paint(head, now, wanted ? wanted.filter(Boolean).length : -1);
    const open = this.picked.paint(this.main);
    this.drawer.paint(this.shown());
    this.timeline.select(this.jobs.number(this.picked.now.job));
    this.bars.want();
    this.past.paint();
    this.main.classList.toggle("open", open);
    this.root.classList.toggle("past", !this.present.live);
    this.voice.empty = !graph.nodes.length;
    if (head.fault) this.voice.say(head.fault, { stays: true, trouble: true });
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
    const name = this.picked.now.job, at = this.jobs.number(name);
    if (at < 0) return null;
    const { status, captions, head } = this.present.moment, node = this.jobs.node[at];
    return {
      run: head.run, name, letter: status[at] ?? "", caption: this.jobs.of[node]?.length === 1 ? captions[node] : undefined, place: this.place, now: this.present.now,
      details: this.details(name), acts: this.acting.can(name),
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
  /** @param {string} job */
  go(job) {
    const at = this.jobs.number(job);
    if (at < 0) return;
    this.picked.job(at);
    this.dag.focusJob(at);
  }

  /** @param {import("./types.js").Place} place whose log is wanted */
  look(place) {
    const usual = this.details(this.picked.now.job)?.current ?? [];
    this.place = String(place) === String(usual) ? null : place;
    this.ask(false);
  }

  /** @param {number} at
   * @param {number} attempt */
  selectAttempt(at, attempt) {
    this.picked.job(at);
    this.look([attempt, null]);
  }

  /** Open the next job that is looked for.
   * @param {boolean} back */
  next(back) {
    const wanted = this.finder.among(this.jobs.names, this.present.moment.status);
    const at = wanted ? next(wanted, this.jobs.number(this.picked.now.job), back) : -1;
    if (at >= 0) this.picked.job(at);
  }

  /** Select all that is seen. */
  pickAll() {
    const wanted = this.finder.among(this.jobs.names, this.present.moment.status);
    this.picked.several(this.jobs.names.flatMap((_, at) => (!wanted || wanted[at] ? [at] : [])), false);
  }

  /** @param {boolean} [fresh] something else is picked */
  ask(fresh = true) {
    if (fresh) this.place = null;
    const [attempt, step] = this.place ?? [null, null], { job } = this.picked.now;
    if (job) this.link.ask("select", [job], { attempt, ...(step === null ? {} : { step }), ...this.past.of });
    this.paint();
  }

  close() {
    const at = this.jobs.number(this.picked.now.anchor);
    this.picked.now.put([]);
    this.paint();
    if (at >= 0) this.dag.focusJob(at);
    else this.dag.focus(this.dag.tabbed);
  }

  /** @param {KeyboardEvent} event */
  keydown(event) {
    const { key, target } = event, within = /** @type {Element} */ (target).closest("input, .log");
    if (within?.localName === "input" && key !== "Escape") return event.stopPropagation(); // a letter is no command there
    if ((event.ctrlKey || event.metaKey) && !event.altKey && key.toLowerCase() === "a" && !within && !event.defaultPrevented) this.pickAll();
    else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (key === "Escape" && this.past.active) this.past.live();
    else if (key === "Escape" && !this.picked.now.empty) this.close();
    else if (event.defaultPrevented || event.repeat || !this.key(event.shiftKey ? key.toUpperCase() : key.toLowerCase(), -1)) {
      event.stopPropagation(); // a letter would be a shortcut of the notebook
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {string} key in capitals with Shift
   * @param {number} at the job that has the focus; -1: none has
   * @returns {boolean} whether the key means something here */
  key(key, at) {
    switch (key.toLowerCase()) {
      case "p":
        this.acting.pause();
        return true;
      case "t":
        this.bars.toggle();
        return true;
      case "z":
        this.acting.undo();
        return true;
      case "/":
        this.finder.begin();
        return true;
      case "+":
      case "-":
      case "0":
        return this.dag.stage.key(key);
      case "?":
        this.help.open();
        return true;
      case "l":
        this.log(at);
        return true;
      default:
        return this.picked.key(key, at);
    }
  }

  /** Go to the log of a job.
   * @param {number} at */
  log(at) {
    const job = this.jobs.names[at] ?? this.picked.now.job;
    if (!job) return this.voice.say("Log: select a job first.");
    if (job !== this.picked.now.job) this.picked.job(this.jobs.number(job));
    if (!this.drawer.toLog()) this.voice.say(`Log of ${job}: there is none yet.`);
  }

  /** @param {string} op
   * @param {string} whom a group, or a fan-out */
  tool(op, whom) {
    if (op === "open") this.picked.group(whom);
    else if (op !== "turn") this.acting.group(whom, op);
    else if (this.present.live) this.link.ask("turn", [whom]);
  }

  /** @param {string} op
   * @param {string} about
   * @param {import("./link.js").Answer} answer */
  ended(op, about, answer) {
    if (op === "history" && answer.kind === "refused") this.past.refused();
    if (op === "foretell") this.foreseen.take(answer.number, answer.kind === "foretold" ? /** @type {any} */ (answer) : null);
    else if (answer.kind === "members") this.picked.take(/** @type {any} */ (answer));
    else if (this.past.take(answer)) return;
    else if (op === "log") return this.drawer.courier.hear(/** @type {any} */ (answer));
    else if (answer.kind === "code" || answer.kind === "data" || answer.kind === "output") return this.drawer.take(/** @type {any} */ (answer));
    else if (op !== "members") return this.acting.ended(op, about, answer);
    this.paint();
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
