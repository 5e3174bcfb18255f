import { actions, short } from "./actions.js";
import { pieces } from "./ansi.js";
import { Attempts, attempt, called, placed, unplaced } from "./attempts.js";
import * as closeups from "./closeups.js";
import { control, html, icon, redraw, say, set, under } from "./dom.js";
import { Tabs } from "./tabs.js";
import { elapsed, plain, said, size } from "./words.js";

/** @typedef {import("./types.js").Details} Details */
/** @typedef {import("./types.js").Place} Place */
/** @typedef {{name: string, letter: string, caption: import("./types.js").Caption|undefined, details: Details|undefined,
 *   place: Place|null, letterOf(job: string): string|undefined, now: number}} Shown *place*: the one chosen, null the usual one */

const ACTS = ["retry", "retry-downstream", "skip", "skip-last", "cancel"];
const CLOSE = /** @type {Record<string, "output"|"code"|"data">} */ ({ Output: "output", Code: "code", Data: "data" });
const NEAR = 12; // pixels from its end at which a log is followed

/** What is known of the selected job, and what can be done with it. */
export class Drawer {
  /** @param {Record<string, import("./types.js").Look>} looks
   * @param {{act(op: string): void, close(): void, go(job: string): void, look(place: Place): void, closeup(what: string, job: string, attempt: number|null): void}} heard
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
    this.code = html("code");
    this.byValue = html("p", { class: "value dim" }, "With a value: ", this.code);
    this.needs = html("div", { class: "needs" });
    this.attempts = new Attempts();
    this.title = html("div", { class: "logtitle dim" });
    this.text = document.createTextNode("");
    this.log = control("pre", { class: "log", tabindex: 0, role: "log", "aria-live": "off" });
    this.log.append(this.text);
    this.copy = control("button", { class: "copy", title: "copy the log" }, "Copy");
    this.facts = html("dl", { class: "facts" });
    this.close = Object.fromEntries(["output", "code", "data"].map((what) => [what, html("div", { class: `close ${what}` })]));
    this.asked = ""; // what the tab that is open was last asked for
    /** @type {AbortSignal} */
    this.signal = signal;
    const history = html("div", { class: "history" }, this.attempts.root, html("div", { class: "loghead" }, this.title, this.copy), this.log);
    this.tabs = new Tabs([["Attempts", history], ["Summary", html("div", {}, this.facts)], ["Output", this.close.output], ["Code", this.close.code], ["Data", this.close.data]], (name) => this.turn(name), signal);
    /** @type {Shown|null} */
    this.now = null;
    const head = html("div", { class: "title" }, this.icon, html("span", { class: "names" }, this.name, " ", this.status), this.shut);
    const buttons = html("div", { class: "buttons" }, ...this.acts);
    const inner = html("div", { class: "inner" }, head, this.why, buttons, this.byValue, this.needs, this.tabs.root);
    this.root = html("section", { class: "drawer", "aria-label": "selected job" }, inner);
    this.root.hidden = true;
    this.shown = ""; // the job and place whose log was shown last
    this.followed = true;
    this.listen(signal);
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const here = (/** @type {Event} */ event, /** @type {string} */ name) =>
      /** @type {Element} */ (event.target).closest(`[${name}]`)?.getAttribute(name);
    this.shut.addEventListener("click", () => this.heard.close(), { signal });
    this.copy.addEventListener("click", () => {
      void navigator.clipboard?.writeText(this.log.textContent ?? "").then(() => {
        say(this.copy, "Copied");
        setTimeout(() => say(this.copy, "Copy"), 1500);
      });
    }, { signal });
    this.log.addEventListener("scroll", () => {
      this.followed = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR;
    }, { signal });
    this.root.addEventListener("click", (event) => {
      const [op, job, place] = ["data-op", "data-job", "data-place"].map((name) => here(event, name));
      if (op) this.heard.act(op);
      else if (job) this.heard.go(job);
      else if (place) this.heard.look(unplaced(place));
    }, { signal });
  }

  /** @param {Shown|null} shown */
  paint(shown) {
    this.root.hidden = !shown;
    this.now = shown;
    if (!shown) return;
    const { name, letter, details } = shown;
    set(this.root, "class", `drawer s-${letter}`);
    redraw(this.icon, this.looks[letter]);
    say(this.name, name);
    set(this.name, "title", name);
    say(this.why, details?.why ?? "");
    this.why.hidden = !details;
    this.buttons(shown);
    this.relations(shown);
    this.attempts.paint(name, details?.attempts ?? [], at(shown), shown.now);
    this.output(shown);
    this.summary(details?.facts ?? []);
    this.ask();
    this.tick(shown);
  }

  /** @param {string} name of a tab */
  turn(name) {
    this.tabs.show(name);
    this.asked = "";
    this.ask();
  }

  /** Have what the open tab shows told anew where it may be another. */
  ask() {
    const what = CLOSE[this.tabs.open], shown = this.now;
    if (!what || !shown) return;
    const attempt = what === "output" ? (at(shown)?.[0] ?? null) : null, last = shown.details?.attempts.at(-1);
    const key = JSON.stringify([what, shown.name, attempt, shown.letter, shown.details?.generation, last?.number, last?.ended_at]);
    if (key === this.asked) return;
    this.asked = key;
    this.heard.closeup(what, shown.name, attempt);
  }

  /** The answer.
   * @param {closeups.Closeup} told */
  take(told) {
    const what = /** @type {"output"|"code"|"data"} */ (told.kind);
    if (told.job === this.now?.name) this.close[what]?.replaceChildren(...closeups[what](told));
  }

  /** @param {[string, string][]} facts */
  summary(facts) {
    const key = JSON.stringify(facts);
    if (this.facts.getAttribute("data-key") === key) return;
    set(this.facts, "data-key", key);
    this.facts.replaceChildren(...facts.flatMap(([what, text]) => [html("dt", {}, what), html("dd", {}, text)]));
  }

  /** What goes on while nothing is sent: times.
   * @param {Shown} shown */
  tick({ letter, details, caption, now }) {
    const said_ = this.looks[letter]?.word ?? "";
    const tries = details && details.of > 1 && details.tried ? ` · attempt ${details.tried} of ${Math.max(details.of, details.tried)}` : "";
    const again = letter === "T" && caption ? ` · ${said(caption, now)}` : "";
    const step = "VBL".includes(letter) ? details?.attempts.at(-1)?.steps.at(-1) : undefined;
    const since = step?.ended_at === null && step.started_at !== null ? ` · ${elapsed(now - step.started_at)}` : "";
    say(this.status, said_ + tries + again + since);
    this.attempts.tick(now);
  }

  /** @param {Shown} shown */
  buttons({ name, letter, details }) {
    const can = actions(name, letter, details);
    this.acts.forEach((button, at) => {
      const one = at === 0 ? can[0] : can.find(({ op }) => op === ACTS[at]);
      if (!one && document.activeElement === button) this.acts[0].focus();
      button.hidden = !one;
      if (!one) return;
      const { op, word, name: told, does, no, key } = one;
      const shown = at === 0 ? word.replace(/^\w+/, (verb) => `${verb} ${short(name)}`) : word;
      say(button, shown);
      set(button, "data-op", op);
      set(button, "aria-label", told.includes(shown) ? told : `${shown}: ${name}`); // one can speak what one sees
      set(button, "aria-keyshortcuts", key === key.toUpperCase() ? `Shift+${key}` : key);
      set(button, "class", `act${at === 0 && !no && !"SDUM".includes(letter) ? " main" : ""}`);
      set(button, "title", `${no ? `${word}: ${no}` : does} (${key === key.toUpperCase() ? "Shift+" : ""}${key.toUpperCase()})`);
      set(button, "aria-disabled", no ? "true" : "false"); // not `disabled`: that would take the focus away
    });
    this.byValue.hidden = !details?.outputs.length || can.some(({ op, no }) => op === "skip" && no !== "");
    say(this.code, `%nbflow skip ${name} --value …`);
  }

  /** @param {Shown} shown */
  relations({ details, letterOf }) {
    const needs = details?.needs ?? [], serves = details?.needed_by ?? [];
    const key = JSON.stringify([needs, serves, details?.outputs, [...needs, ...serves].map(letterOf)]);
    if (this.needs.getAttribute("data-key") === key) return;
    set(this.needs, "data-key", key);
    const row = (/** @type {string} */ word, /** @type {string[]} */ names) =>
      html("div", { class: "row" }, html("span", { class: "dim" }, word), ...names.slice(0, 12).map((name) => this.relation(name, details, letterOf)),
        ...(names.length > 12 ? [html("span", { class: "dim" }, `and ${names.length - 12} more`)] : []));
    this.needs.replaceChildren(...(needs.length ? [row("needs", needs)] : []), ...(serves.length ? [row("needed by", serves)] : []));
    this.needs.hidden = !needs.length && !serves.length;
  }

  /** @param {string} name of a job, or of a group: then its first failed member is shown, or its first
   * @param {Details|undefined} details
   * @param {(job: string) => string|undefined} letterOf */
  relation(name, details, letterOf) {
    const letter = letterOf(name);
    const members = letter ? [] : (under(details?.members, name) ?? []);
    const job = letter ? name : (members.find((member) => letterOf(member) === "F") ?? members[0]);
    const word = letter ? this.looks[letter].word : `group of ${members.length}`;
    return control("button", { class: `link s-${letter ?? ""}`, "data-job": job, title: `${name}: ${word}`, "aria-label": `${name}: ${word}` },
      ...(letter ? [icon(this.looks[letter])] : []), html("span", {}, letter ? short(name) : `${short(name)} (${members.length})`));
  }

  /** @param {string} text with colour codes */
  paintColours(text) {
    if (this.log.getAttribute("data-text") === text) return;
    set(this.log, "data-text", text);
    this.log.replaceChildren(...pieces(text.replace(/\n+$/, "")).map(([piece, classes]) => html("span", { class: classes }, plain(piece))));
  }

  /** The log of the chosen attempt or step; it stays at its end unless somebody has scrolled up.
   * @param {Shown} shown */
  output(shown) {
    const { name, details } = shown, place = at(shown);
    const log = place ? printed(details?.logs[placed(...place)]) : undefined;
    const tried = place ? details?.attempts.find(({ number }) => number === place[0]) : undefined;
    const part = place && place[1] !== null ? tried?.steps[place[1]] : tried;
    const what = !place ? "" : part && "step" in part ? `the ${called(part)} after attempt ${place[0]}` : attempt(place[0]);
    const coloured = pieces(log?.text ?? "").some(([, classes]) => classes), text = plain(log?.text ?? "").replace(/\n+$/, "");
    this.log.hidden = this.title.hidden = !part;
    say(this.title, !log ? `log of ${what}` : text ? logTitle(what, log.cut) : `${what} has printed nothing${part?.ended_at === null ? " yet" : ""}`);
    if (log && !text) this.log.hidden = true;
    this.copy.hidden = this.log.hidden;
    const key = JSON.stringify([name, place]), fresh = this.shown !== key;
    if (fresh) this.followed = true;
    this.shown = key;
    set(this.log, "aria-label", `log of ${name}, ${what}`);
    if (coloured) this.paintColours(log?.text ?? "");
    else if (this.log.firstChild !== this.text) this.log.replaceChildren(this.text);
    if (coloured) this.text.data = "";
    else if (!fresh && text.startsWith(this.text.data)) this.text.appendData(text.slice(this.text.length)); // keeps what is marked
    else if (text !== this.text.data) this.text.data = text;
    if (this.followed) this.log.scrollTop = this.log.scrollHeight;
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

/** The end of a log as one text.
 * @param {import("./types.js").Log|undefined} log */
function printed(log) {
  if (!log) return undefined;
  const text = log.pieces.map(([, piece]) => piece).join("");
  return { text: log.traceback ? `${text}${text && !text.endsWith("\n") ? "\n" : ""}${log.traceback}` : text, cut: log.from[0] + log.from[1] };
}

/** @param {string} what
 * @param {number} cut bytes */
function logTitle(what, cut) {
  return `log of ${what}` + (cut ? `, its end (${size(cut)} before it are in the file)` : "");
}
