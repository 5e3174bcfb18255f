import { short } from "./signs.js";
import { control, html, icon, say, set, under } from "./dom.js";
import { spans } from "./spans.js";
import { duration } from "./words.js";

/** @typedef {import("./drawer.js").Shown} Shown */
/** @typedef {import("./types.js").Details} Details */

const MANY = 12; // jobs that are named as needs or dependents

/** What a job needed, took and leaves, and what can be done with it in a cell. */
export class Summary {
  /** @param {Record<string, import("./types.js").Look>} looks
   * @param {AbortSignal} signal */
  constructor(looks, signal) {
    this.looks = looks;
    this.needs = html("div", { class: "needs" });
    this.times = html("div", { class: "times", role: "img" });
    this.facts = html("dl", { class: "facts" });
    this.commands = html("div", { class: "commands" });
    this.root = html("div", { class: "summary" }, this.needs, this.times, this.facts, this.commands);
    this.commands.addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest("button"), text = button?.getAttribute("data-text");
      if (!button || !text) return;
      void navigator.clipboard?.writeText(text).then(() => {
        say(button, "Copied");
        setTimeout(() => say(button, "Copy"), 1500);
      });
    }, { signal });
  }

  /** @param {Shown} shown */
  paint(shown) {
    this.relations(shown);
    this.redraw(this.facts, shown.details?.facts ?? [], (facts) => facts.flatMap(([what, text]) => [html("dt", {}, what), html("dd", {}, text)]));
    this.redraw(this.commands, shown.details?.commands ?? [], (commands) => commands.map(([text, does]) =>
      html("div", { class: "command" }, html("code", {}, text), control("button", { class: "small", "data-text": text, "aria-label": `copy ${text}` }, "Copy"), html("span", { class: "dim" }, does))));
    this.tick(shown);
  }

  /** What changes while nothing is sent.
   * @param {Shown} shown */
  tick({ details, now }) {
    const found = details ? spans(details, now) : [], all = found.length ? found[found.length - 1].to - found[0].from : 0;
    this.times.hidden = found.length < 2 || all <= 0;
    if (this.times.hidden) return;
    const widths = found.map(({ from, to }) => `${Math.max(0.6, ((to - from) / all) * 100).toFixed(1)}`);
    this.redraw(this.times, found.map(({ what, letter }, at) => [what, letter, widths[at]]), (parts) => parts.map(([what, letter, width], at) => {
      const bar = html("i", { class: letter ? `s-${letter}` : "idle", title: `${what}: ${duration(found[at].to - found[at].from)}` });
      bar.style.setProperty("flex", `${width} 0 2px`);
      return bar;
    }));
    set(this.times, "aria-label", found.slice(0, 20).map(({ what, from, to }) => `${what} ${duration(to - from)}`).join(", "));
  }

  /** Draw only what has changed: what is marked stays so.
   * @template T
   * @param {HTMLElement} place
   * @param {T} told
   * @param {(told: T) => Node[]} draw */
  redraw(place, told, draw) {
    const key = JSON.stringify(told);
    if (place.getAttribute("data-key") === key) return;
    set(place, "data-key", key);
    place.replaceChildren(...draw(told));
  }

  /** @param {Shown} shown */
  relations({ details, letterOf }) {
    const needs = details?.needs ?? [], serves = details?.needed_by ?? [];
    const told = [needs, serves, details?.members, [...needs, ...serves].map(letterOf)];
    const row = (/** @type {string} */ word, /** @type {string[]} */ names) => !names.length ? [] : [
      html("div", { class: "row" }, html("span", { class: "dim" }, word), ...names.slice(0, MANY).map((name) => this.relation(name, details, letterOf)),
        ...(names.length > MANY ? [html("span", { class: "dim" }, `and ${names.length - MANY} more`)] : []))];
    this.redraw(this.needs, told, () => [...row("needs", needs), ...row("needed by", serves)]);
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
}
