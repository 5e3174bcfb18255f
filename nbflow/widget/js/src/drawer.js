import { Attempts, attempt, called, extent, placed, unplaced } from "./attempts.js";
import { Code } from "./code.js";
import { Courier } from "./courier.js";
import { control, html, icon, redraw, say, set } from "./dom.js";
import { Edge } from "./edge.js";
import { failingLine } from "./frames.js";
import { shortcut, told as keyed } from "./keys.js";
import { LogView } from "./log.js";
import { output } from "./output.js";
import { isolated, short, visible } from "./signs.js";
import { Summary } from "./summary.js";
import { Tabs } from "./tabs.js";
import { Trace } from "./trace.js";
import { values } from "./values.js";
import { elapsed, said } from "./words.js";

/** @typedef {import("./types.js").Details} Details */
/** @typedef {import("./types.js").Place} Place */
/** @typedef {{run: number, name: string, letter: string, caption: import("./types.js").Caption|undefined, details: Details|undefined, acts: import("./actions.js").Action[],
 *   place: Place|null, letterOf(job: string): string|undefined, now: number}} Shown *place*: the one chosen, null the usual one */
/** @typedef {{act(op: string): void, close(): void, go(job: string): void, look(place: Place): void, closeup(what: string, job: string, attempt: number|null): number|undefined,
 *   log(job: string, place: Place, ask: import("./book.js").Ask): number|undefined}} Heard *closeup* and *log* give the number of the request, if one is made */

const ACTS = ["retry", "retry-downstream", "skip", "skip-last", "cancel"];
const CLOSE = /** @type {Record<string, string>} */ ({ Output: "output", Code: "code", Data: "data" });

/** What is known of the selected job, and what can be done with it. */
export class Drawer {
  /** @param {Record<string, import("./types.js").Look>} looks
   * @param {Heard} heard
   * @param {AbortSignal} signal */
  constructor(looks, heard, signal) {
    this.looks = looks;
    this.heard = heard;
    this.icon = icon(undefined);
    this.name = html("b", { class: "name" });
    this.status = html("span", { class: "dim" });
    this.shut = control("button", { class: "shut", "aria-label": "Close" }, html("span", { "aria-hidden": "true" }, "✕"));
    this.why = html("p", { class: "why" });
    this.acts = ACTS.map((op) => control("button", { class: "act", "data-op": op }));
    this.summary = new Summary(looks, signal);
    this.attempts = new Attempts();
    this.trace = new Trace((line) => this.goLine(line), signal);
    this.courier = new Courier((job, place, ask) => heard.log(job, place, ask));
    this.log = new LogView(this.courier, signal);
    this.code = new Code();
    this.output = html("div", { class: "close output" });
    this.data = html("div", { class: "close data" });
    this.asked = ""; // what the tab that is open was last asked for
    this.chosen = false; // somebody has chosen a tab
    this.meta = html("p", { class: "meta dim" });
    const history = html("div", { class: "history" }, this.attempts.root, this.meta, this.trace.root, this.log.root);
    this.tabs = new Tabs([["Summary", this.summary.root], ["Attempts", history], ["Output", this.output], ["Code", this.code.root], ["Data", this.data]], (name) => this.turn(name), signal);
    /** @type {Shown|null} */
    this.now = null;
    const head = html("div", { class: "title" }, this.icon, html("span", { class: "names" }, this.name, " ", this.status), this.shut);
    const inner = html("div", { class: "inner" }, head, this.why, html("div", { class: "buttons" }, ...this.acts), this.tabs.root);
    this.edge = new Edge(() => this.root, signal);
    this.root = html("section", { class: "drawer", "aria-label": "selected job" }, this.edge.root, inner);
    this.root.hidden = true;
    this.listen(signal);
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const here = (/** @type {Event} */ event, /** @type {string} */ name) =>
      /** @type {Element} */ (event.target).closest(`[${name}]`)?.getAttribute(name);
    this.shut.addEventListener("click", () => this.heard.close(), { signal });
    this.root.addEventListener("click", (event) => {
      const [op, job, place] = ["data-op", "data-job", "data-place"].map((name) => here(event, name));
      if (op && event.detail < 2) this.heard.act(op);
      else if (job) this.heard.go(job);
      else if (place) this.heard.look(unplaced(place));
    }, { signal });
  }

  /** @param {Shown|null} shown */
  paint(shown) {
    this.root.hidden = !shown;
    const other = shown?.name !== this.now?.name || shown?.run !== this.now?.run;
    this.now = shown;
    if (!shown) return;
    const { name, letter, details } = shown;
    set(this.root, "class", `drawer s-${letter}`);
    redraw(this.icon, this.looks[letter]);
    say(this.name, visible(name));
    set(this.name, "title", visible(name));
    say(this.why, details?.why ?? "");
    this.why.hidden = !details;
    this.buttons(shown);
    if (!this.chosen && details) this.tabs.show(details.attempts.length ? "Attempts" : "Summary");
    if (other) for (const panel of [this.output, this.data]) panel.replaceChildren();
    this.history(shown);
    this.summary.paint(shown);
    this.ask();
    this.tick(shown);
  }

  /** The attempts, and what the chosen one has printed.
   * @param {Shown} shown */
  history(shown) {
    const { name, details } = shown, place = at(shown);
    this.attempts.paint(name, details?.attempts ?? [], place, shown.now);
    const log = place ? details?.logs[placed(...place)] : undefined;
    const tried = place ? details?.attempts.find(({ number }) => number === place[0]) : undefined;
    const part = place && place[1] !== null ? tried?.steps[place[1]] : tried;
    const what = !place ? "" : part && "step" in part ? `the ${called(part)} after attempt ${place[0]}` : attempt(place[0]);
    say(this.meta, part ? extent(part) : "");
    this.meta.hidden = !this.meta.textContent;
    this.trace.paint(name, log?.traceback ?? "");
    this.code.mark(log ? failingLine(log.traceback, name) : 0);
    this.log.paint(place && part ? { run: shown.run, job: name, place, what, log, going: part.ended_at === null } : null);
  }

  /** Go to the log.
   * @returns {boolean} whether there is one */
  toLog() {
    this.turn("Attempts");
    const { text } = this.log;
    if (text.closest("[hidden]")) return false;
    text.focus();
    return true;
  }

  /** @param {string} name of a tab that somebody has chosen */
  turn(name) {
    this.chosen = true;
    this.tabs.show(name);
    this.asked = "";
    this.ask();
    if (name === "Attempts" && this.now) this.history(this.now);
  }

  /** @param {number} line of the cell */
  goLine(line) {
    this.code.reveal(line);
    this.turn("Code");
    this.tabs.focus();
  }

  /** Have what the open tab shows told anew where it may be another. */
  ask() {
    const what = CLOSE[this.tabs.open], shown = this.now;
    if (!what || !shown) return;
    const number = what === "data" ? null : (at(shown)?.[0] ?? null), last = shown.details?.attempts.at(-1);
    const key = JSON.stringify([shown.run, what, shown.name, number, shown.letter, shown.details?.generation, last?.number, last?.ended_at]);
    if (key === this.asked) return;
    if (this.heard.closeup(what, shown.name, number) !== undefined) this.asked = key;
  }

  /** The answer.
   * @param {any} told */
  take(told) {
    const shown = this.now;
    if (!shown || told.job !== shown.name) return;
    const place = at(shown), what = place ? attempt(place[0]) : "it";
    if (told.kind === "code") this.code.take(told, what);
    else if (told.kind === "data") this.summary.redraw(this.data, told.rows ?? [], values);
    else this.summary.redraw(this.output, told.shown ?? [], (some) => output(some, what));
  }

  /** What goes on while nothing is sent: times.
   * @param {Shown} shown */
  tick(shown) {
    const { letter, details, caption, now } = shown, word = this.looks[letter]?.word ?? "";
    const tries = details && details.of > 1 && details.tried ? ` · attempt ${details.tried} of ${Math.max(details.of, details.tried)}` : "";
    const again = letter === "T" && caption ? ` · ${said(caption, now)}` : "";
    const last = details?.attempts.at(-1), step = "VBL".includes(letter) ? last?.steps.at(-1) : letter === "R" ? last : undefined;
    const since = step?.ended_at === null && step.started_at !== null ? ` · ${elapsed(now - step.started_at)}` : "";
    say(this.status, word + tries + again + since);
    this.attempts.tick(now);
    if (this.tabs.open === "Summary") this.summary.tick(shown);
  }

  /** @param {Shown} shown */
  buttons({ name, letter, details, acts: can }) {
    this.acts.forEach((button, at) => {
      const one = at === 0 ? can[0] : can.find(({ op }) => op === ACTS[at]);
      if (!one && document.activeElement === button) this.acts[0].focus();
      button.hidden = !one;
      if (!one) return;
      const { op, word, name: told, does, no, key } = one;
      const shown = at === 0 ? word.replace(/^\w+/, (verb) => `${verb} ${short(name)}`) : word;
      say(button, shown);
      set(button, "data-op", op);
      set(button, "aria-label", told.includes(shown) ? told : `${shown}: ${isolated(name)}`); // one can speak what one sees
      set(button, "aria-keyshortcuts", shortcut(key));
      set(button, "class", `act${at === 0 && !no && !"SDUM".includes(letter) ? " main" : ""}`);
      set(button, "title", `${no ? `${word}: ${no}` : does} (${keyed(key)})`);
      set(button, "aria-disabled", no ? "true" : "false"); // not `disabled`: that would take the focus away
    });
  }
}

/** What of a job is looked at.
 * @param {Shown} shown
 * @returns {Place|null} */
function at({ place, details }) {
  if (place) return place;
  const [number, step] = details?.current ?? [];
  return number === undefined ? null : [number, step ?? null];
}
