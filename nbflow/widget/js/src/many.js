import { many } from "./actions.js";
import { control, html, icon, redraw, say, set } from "./dom.js";
import { shortcut, told } from "./keys.js";
import { isolated, short, visible } from "./signs.js";

/** @typedef {{title: string, word: string, letter: string, whose: string, jobs: number[], names: string[], status: string, acts: import("./actions.js").Act[],
 *   group: string, told: Members|null}} Shown *word*: what it is; *letter*: what stands for all; *group*: its name, if it is one */
/** What the kernel tells of a group or fan-out: *failed* with reasons, the first of *all*.
 * @typedef {{name: string, why: string, failed: [job: string, reason: string][], all: number}} Members */

const LISTED = 12; // names of a selection
const FIRST = "FNRTVBLQWHCKSDUM"; // by who needs somebody

/** What is known of many jobs, selected or of one group, and what can be done with them. */
export class Many {
  /** @param {Record<string, import("./types.js").Look>} looks
   * @param {{act(op: string): void, close(): void, go(job: string): void, all(): void}} heard
   * @param {AbortSignal} signal */
  constructor(looks, heard, signal) {
    this.looks = looks;
    this.icon = icon(undefined);
    this.name = html("b", { class: "name" });
    this.word = html("span", { class: "dim" });
    this.shut = control("button", { class: "shut", "aria-label": "Close" }, "✕");
    this.why = html("p", { class: "why" });
    this.counts = html("ul", { class: "counts", "aria-label": "by status" });
    this.buttons = html("div", { class: "buttons" });
    /** @type {Map<string, HTMLElement>} */
    this.acts = new Map();
    this.all = control("button", { class: "act all" });
    this.list = html("ul", { class: "members" });
    this.rest = html("p", { class: "dim rest" });
    const head = html("div", { class: "title" }, this.icon, html("span", { class: "names" }, this.name, " ", this.word), this.shut);
    this.root = html("section", { class: "drawer many", "aria-label": "selected jobs" },
      html("div", { class: "inner" }, head, this.why, this.counts, this.buttons, this.list, this.rest));
    this.drawn = "";
    this.root.addEventListener("click", (event) => {
      const near = (/** @type {string} */ name) => /** @type {Element} */ (event.target).closest(`[${name}]`)?.getAttribute(name);
      const op = near("data-op"), job = near("data-job");
      if (op && event.detail < 2) heard.act(op);
      else if (job) heard.go(job);
    }, { signal });
    this.shut.addEventListener("click", () => heard.close(), { signal });
    this.all.addEventListener("click", () => heard.all(), { signal });
  }

  /** @param {Shown} shown */
  paint(shown) {
    const { title, word, letter, group, told: known } = shown;
    set(this.root, "class", `drawer many s-${letter}`);
    redraw(this.icon, this.looks[letter]);
    this.icon.style.display = letter ? "" : "none";
    say(this.name, visible(title));
    say(this.word, word);
    say(this.why, known?.why ?? "");
    this.why.hidden = !known?.why;
    this.tally(shown);
    this.offer(shown.acts);
    say(this.all, `Select ${many(shown.jobs.length)}`);
    this.all.hidden = !group || shown.jobs.length < 2;
    this.members(shown);
  }

  /** @param {Shown} shown */
  tally({ jobs, status }) {
    /** @type {Record<string, number>} */
    const found = {};
    for (const job of jobs) found[status[job]] = (found[status[job]] ?? 0) + 1;
    const counts = [...FIRST].filter((letter) => found[letter]).map((letter) => /** @type {[string, number]} */ ([letter, found[letter]]));
    const key = JSON.stringify(counts);
    if (this.counts.getAttribute("data-key") === key) return;
    set(this.counts, "data-key", key);
    this.counts.replaceChildren(...counts.map(([letter, count]) => html("li", { class: `s-${letter}` }, icon(this.looks[letter]), `${count.toLocaleString("en")} ${this.looks[letter]?.word}`)));
  }

  /** @param {import("./actions.js").Act[]} acts */
  offer(acts) {
    for (const { op, word, name, does, no, key } of acts) {
      const button = this.button(op), usual = acts[0].op === op && !no;
      say(button, no ? word.replace(/ 0$/, "") : word);
      set(button, "aria-label", name);
      set(button, "aria-keyshortcuts", shortcut(key));
      set(button, "title", `${no ? `${word}: ${no}` : does} (${told(key)})`);
      set(button, "aria-disabled", no ? "true" : "false");
      set(button, "class", `act${usual && op !== "run" ? " main" : ""}`);
    }
    const wanted = [...acts.map(({ op }) => this.button(op)), this.all];
    if (wanted.some((button, at) => this.buttons.children[at] !== button) || this.buttons.children.length !== wanted.length) {
      const held = this.buttons.contains(document.activeElement);
      this.buttons.replaceChildren(...wanted);
      if (held && !this.buttons.contains(document.activeElement)) wanted[0].focus();
    }
  }

  /** @param {string} op */
  button(op) {
    const known = this.acts.get(op) ?? control("button", { class: "act", "data-op": op });
    this.acts.set(op, known);
    return known;
  }

  /** The failed members with their reasons; of a selection the first names.
   * @param {Shown} shown */
  members({ jobs, names, status, group, told: known }) {
    const order = (/** @type {number} */ job) => FIRST.indexOf(status[job]);
    const reasons = new Map(known?.failed ?? []);
    const listed = group
      ? (known ? known.failed.map(([name]) => name) : [])
      : [...jobs].sort((a, b) => order(a) - order(b) || a - b).slice(0, LISTED).map((job) => names[job]);
    const letters = new Map(jobs.map((job) => [names[job], status[job]]));
    const more = group ? (known?.all ?? 0) - listed.length : jobs.length - listed.length;
    say(this.rest, more > 0 ? `and ${more.toLocaleString("en")} more${group ? " that failed" : ""}` : "");
    const key = JSON.stringify(listed.map((name) => [name, letters.get(name), reasons.get(name)]));
    if (this.drawn === key) return;
    set(this.list, "class", group ? "members" : "members plain");
    this.drawn = key;
    this.list.replaceChildren(...listed.map((name) => {
      const letter = letters.get(name) ?? "F", word = this.looks[letter]?.word ?? "";
      const link = control("button", { class: `link s-${letter}`, "data-job": name, title: `${isolated(name)}: ${word}`, "aria-label": `${isolated(name)}: ${word}` }, icon(this.looks[letter]), html("span", {}, short(name)));
      return html("li", {}, link, ...(reasons.has(name) ? [html("span", { class: "dim reason" }, reasons.get(name) ?? "")] : []));
    }));
  }
}
