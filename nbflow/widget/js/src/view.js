import { actions, groupActions, pauseAction, saying } from "./actions.js";
import { Dag } from "./dag.js";
import { html, say, set, under } from "./dom.js";
import { Drawer } from "./drawer.js";
import { Finder, next } from "./finder.js";
import { Header } from "./header.js";
import { Jobs } from "./jobs.js";
import { Link } from "./link.js";
import { Timeline } from "./timeline.js";

/** @typedef {import("./types.js").Model} Model */

const TRAITS = ["graph", "names", "status", "captions", "generations", "marks", "progress", "head", "details"];
const HINT = "arrows walk · Enter opens · R retry · S skip · C cancel · P pause · T timeline · / find · Esc closes";
const SILENT = "No answer from the kernel. If a cell keeps it busy, clicks act later; if it was restarted, run %nbflow show again.";
const BARS_EVERY = 1000; // milliseconds between two looks for new bars of the timeline
const TELL_EVERY = 5000; // milliseconds between two announcements of counts

/** One view of a flow. */
class View {
  /** @param {Model} model
   * @param {AbortSignal} life */
  constructor(model, life) {
    this.model = model;
    this.looks = model.get("looks");
    this.finder = new Finder({ changed: () => this.paint(), next: (back) => this.next(back) }, life);
    this.header = new Header(this.looks, this.finder, life);
    this.jobs = new Jobs();
    this.dag = new Dag(this.looks, this.jobs, {
      select: (at) => this.select(at), key: (at, key) => this.key(at, key), tool: (op, whom) => this.tool(op, whom),
    }, life);
    this.drawer = new Drawer(this.looks, {
      act: (op) => this.act(this.selected, op),
      close: () => this.close(),
      go: (job) => this.go(job),
      look: (place) => this.look(place),
      closeup: (what, job, attempt) => this.link.ask(what, [job], { attempt }),
    }, life);
    this.timeline = new Timeline(this.looks, this.jobs, {
      select: (job, attempt) => this.selectAttempt(job, attempt), point: (job) => this.dag.trace(this.jobs.node[job] ?? -1),
    }, life);
    this.link = new Link(model, {
      silent: (silent) => this.silence(silent),
      ended: (op, job, answer) => this.ended(op, job, answer),
      time: (now) => this.setClock(now),
    }, life);
    this.note = html("span", { class: "note" });
    this.live = html("div", { class: "spoken", role: "status", "aria-live": "polite" });
    this.main = html("div", { class: "main" }, this.dag.root, this.drawer.root);
    this.footer = html("div", { class: "footer" }, this.note, this.dag.stage.tools);
    this.root = html("div", { class: "nbflow-view", role: "region", "aria-label": "flow" },
      this.header.root, this.header.bar, this.main, this.timeline.root, this.footer, this.live);
    this.selected = ""; // a job
    /** @type {import("./types.js").Place|null} */
    this.place = null; // whose log of the selected job is shown; null the usual one
    this.ahead = 0; // seconds by which the kernel's clock is ahead of the browser's
    this.drawn = null; // the graph that is drawn
    this.due = false;
    this.told = 0;
    this.spoken = "";
    this.quiet = false; // the kernel owes an answer
    this.barred = ""; // the status that the timeline's bars were last asked for at
    /** @type {any} */
    this.asking = undefined; // runs until bars may be asked for again
    /** @type {any} */
    this.fading = undefined; // runs while something is said in the footer
    this.listen(life);
  }

  get now() {
    return Date.now() / 1000 + this.ahead;
  }

  /** @param {AbortSignal} life */
  listen(life) {
    const soon = () => this.soon();
    const clock = () => this.setClock(this.model.get("clock"));
    for (const trait of TRAITS) this.model.on(`change:${trait}`, soon);
    this.model.on("change:clock", clock);
    const ticks = setInterval(() => this.tick(), 1000);
    this.root.addEventListener("keydown", (event) => this.keydown(event), { signal: life });
    this.header.pause.addEventListener("click", () => this.pause(), { signal: life });
    this.header.timeline.addEventListener("click", () => this.toggleTimeline(), { signal: life });
    life.addEventListener("abort", () => {
      clearInterval(ticks);
      clearTimeout(this.fading);
      clearTimeout(this.asking);
      for (const trait of TRAITS) this.model.off(`change:${trait}`, soon);
      this.model.off("change:clock", clock);
    });
  }

  /** What was looked at last is open again after a reload. */
  begin() {
    const last = (this.model.get("chosen") ?? []).at(-1);
    if (last && this.details(last[0])) [this.selected, this.place] = [last[0], last[1] === null ? null : [last[1], last[2] ?? null]];
    this.paint();
    this.link.ask("hello", []);
  }

  /** Paint once for all that comes in one message. */
  soon() {
    if (this.due) return;
    this.due = true;
    queueMicrotask(() => {
      this.due = false;
      this.paint();
    });
  }

  paint() {
    const graph = this.model.get("graph"), head = this.model.get("head");
    this.jobs.take(this.model.get("names"), graph);
    if (graph !== this.drawn) {
      this.drawn = graph;
      this.dag.build(graph);
    }
    const at = this.number(this.selected);
    if (at < 0) this.selected = "";
    const status = this.model.get("status");
    this.dag.paint({ status, wanted: this.finder.among(this.jobs.names, status), captions: this.model.get("captions"), marks: this.model.get("marks") ?? {}, progress: this.model.get("progress") ?? {}, groups: head.groups ?? {}, now: this.now });
    this.dag.say(graph.nodes.length ? "" : "No jobs yet. Put %%job NAME on the first line of a cell, and run it.");
    if (this.dag.selected !== at) {
      this.dag.select(at);
      this.dag.stage.reveal(this.dag.drawn[this.jobs.node[at]]?.group);
    }
    this.header.paint(head, this.now);
    this.drawer.paint(this.shown());
    this.timeline.select(at);
    this.wantBars();
    this.main.classList.toggle("open", at >= 0);
    if (head.fault) this.say(head.fault, true);
    else this.hint();
    this.speak(head);
  }

  tick() {
    if (!this.root.isConnected) return;
    this.header.tick(this.model.get("head"), this.now);
    this.dag.tick(this.model.get("captions"), this.now);
    if (this.model.get("head").verdict === "running") this.timeline.paint(this.now);
    const shown = this.shown();
    if (shown) this.drawer.tick(shown);
  }

  /** What the drawer shows, or null. */
  shown() {
    const at = this.number(this.selected);
    if (at < 0) return null;
    const status = this.model.get("status");
    return {
      name: this.selected, letter: status[at] ?? "", caption: this.jobs.of[this.jobs.node[at]]?.length === 1 ? this.model.get("captions")[this.jobs.node[at]] : undefined, place: this.place, now: this.now,
      details: this.details(this.selected),
      letterOf: (/** @type {string} */ job) => status[this.number(job)],
    };
  }

  /** What is known of a job.
   * @param {string} job
   * @returns {import("./types.js").Details|undefined} */
  details(job) {
    return under(this.model.get("details"), job);
  }

  /** @param {string} job */
  number(job) {
    return this.jobs.number(job);
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
    const at = this.number(job);
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

  // --- the timeline
  toggleTimeline() {
    const root = this.timeline.root;
    root.hidden = !root.hidden;
    set(this.header.timeline, "aria-pressed", root.hidden ? "false" : "true");
    this.barred = "";
    this.timeline.paint(this.now);
    this.wantBars();
  }

  /** Ask for new bars where there may be some, now and then. */
  wantBars() {
    const status = this.model.get("status");
    if (this.timeline.root.hidden || this.asking !== undefined || this.barred === status) return;
    this.barred = status;
    this.link.ask("timeline", [], { since: this.timeline.since });
    this.asking = setTimeout(() => {
      this.asking = undefined;
      this.wantBars();
    }, BARS_EVERY);
  }

  /** @param {any} sent */
  takeBars(sent) {
    this.timeline.now = this.now;
    if (this.timeline.take(sent)) this.link.ask("timeline", [], { since: this.timeline.since });
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
    const wanted = this.finder.among(this.jobs.names, this.model.get("status"));
    const at = wanted ? next(wanted, this.number(this.selected), back) : -1;
    if (at >= 0) this.select(at);
  }

  ask() {
    const [attempt, step] = this.place ?? [null, null];
    this.link.ask("select", [this.selected], step === null ? { attempt } : { attempt, step });
    this.paint();
  }

  close() {
    const at = this.number(this.selected);
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
      this.pause();
    } else if (!event.defaultPrevented && event.key.toLowerCase() === "t") {
      this.toggleTimeline();
    } else if (!event.defaultPrevented && event.key === "/") {
      this.finder.begin();
      event.preventDefault();
    } else if (this.selected && !event.defaultPrevented && /^[rsc]$/i.test(event.key)) {
      this.key(this.number(this.selected), event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase());
    }
    event.stopPropagation(); // a letter would be a shortcut of the notebook
  }

  /** @param {number} at
   * @param {string} key in capitals with Shift
   * @returns {boolean} whether the key means something here */
  key(at, key) {
    if (key.length !== 1) return false;
    const job = this.jobs.names[at];
    const meant = this.actions(job).find((action) => action.key === key);
    if (meant) this.act(job, meant.op);
    return !!meant;
  }

  /** @param {string} job
   * @param {string} op */
  act(job, op) {
    const can = this.actions(job).find((action) => action.op === op);
    if (can) this.request(can, [job], this.model.get("generations")[this.number(job)] ?? 1);
  }

  /** What can be done with a job.
   * @param {string} job */
  actions(job) {
    return actions(job, this.model.get("status")[this.number(job)] ?? "", this.details(job));
  }

  /** @param {string} op
   * @param {string} whom a group, or a fan-out to be opened or folded */
  tool(op, whom) {
    if (op === "turn") this.link.ask("turn", [whom]);
    else this.actOn(op, whom);
  }

  /** @param {string} op
   * @param {string} group */
  actOn(op, group) {
    const standing = under(this.model.get("head").groups, group);
    const can = groupActions(group, standing).find((action) => action.op === op);
    if (can) this.request(can, [group], standing?.[6]);
  }

  pause() {
    if (this.model.get("graph").nodes.length) this.request(pauseAction(this.model.get("head")), []);
  }

  /** @param {import("./actions.js").Action} can
   * @param {string[]} names
   * @param {number} [generation] */
  request({ op, no }, names, generation) {
    const said = saying(op, names[0] ?? "");
    this.say(no ? `${said}: ${no}.` : `${said}: asked.`);
    if (!no) this.link.ask(op, names, generation === undefined ? {} : { generation });
  }

  // --- what is said
  /** @param {string} op
   * @param {string} job
   * @param {import("./link.js").Answer} answer */
  ended(op, job, answer) {
    if (answer.kind === "bars") return this.takeBars(answer);
    if (answer.kind === "code" || answer.kind === "data" || answer.kind === "output") return this.drawer.take(/** @type {any} */ (answer));
    const said = saying(op, job);
    if (answer.kind === "refused") this.say(`${said}: ${answer.said ?? "refused"}`);
    else if (answer.count === 0) this.say(`${said}: nothing to do, it has changed meanwhile.`);
    else this.say(`${said}: accepted.`);
  }

  /** @param {string} text
   * @param {boolean} [stays] */
  say(text, stays = false) {
    say(this.note, text);
    say(this.live, text);
    this.footer.classList.add("told");
    clearTimeout(this.fading);
    this.fading = stays ? undefined : setTimeout(() => {
      this.fading = undefined;
      this.footer.classList.remove("told");
      this.hint();
    }, 5000);
  }

  hint() {
    if (this.fading !== undefined) return;
    this.footer.classList.toggle("told", this.quiet);
    say(this.note, this.quiet ? SILENT : this.model.get("graph").nodes.length ? HINT : "");
  }

  /** @param {boolean} silent whether the kernel owes an answer */
  silence(silent) {
    if (silent === this.quiet) return;
    this.quiet = silent;
    this.root.classList.toggle("silent", silent);
    clearTimeout(this.fading);
    this.fading = undefined;
    if (silent) say(this.live, SILENT);
    this.hint();
  }

  /** @param {import("./types.js").Head} head */
  speak(head) {
    const words = head.counts.map(([letter, count]) => `${count} ${this.looks[letter]?.word}`).join(", ");
    if (words === this.spoken || (Date.now() - this.told < TELL_EVERY && head.verdict === "running")) return;
    [this.spoken, this.told] = [words, Date.now()];
    if (this.fading === undefined) say(this.live, `${head.flow}: ${words}`);
  }

  /** @param {number} now the kernel's clock when it sent what arrives here */
  setClock(now) {
    const ahead = now > 0 ? now - Date.now() / 1000 : 0, step = Math.abs(ahead - this.ahead);
    this.ahead = ahead;
    if (step > 0.5) this.tick();
  }
}

/** What anywidget calls for each view.
 * @param {{model: Model, el: HTMLElement}} place
 * @returns {() => void} ends the view */
function render({ model, el }) {
  const life = new AbortController();
  const view = new View(model, life.signal);
  set(el, "data-nbflow", "view");
  el.append(view.root);
  view.begin(); // in the page: texts can be measured
  return () => life.abort();
}

export default { render };
