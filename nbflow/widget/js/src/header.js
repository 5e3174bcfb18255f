import { pauseAction } from "./actions.js";
import { control, html, icon, redraw, say, set, svg } from "./dom.js";
import * as telling from "./telling.js";
import { about, duration, elapsed } from "./words.js";

/** @typedef {import("./types.js").Head} Head */

const BAR = ["S", "D", "U", "M", "F", "N", "K", "C", "R", "V", "B", "L", "T"];
const VERDICTS = /** @type {Record<string, string>} */ ({ succeeded: "S", degraded: "U", failed: "F", cancelled: "C", running: "R" });

/** A bell, drawn in 14 by 14. */
function bell() {
  const line = svg("path", { class: "line", d: "M3 10.5V10c.9-.8 1.2-1.7 1.2-3.6C4.2 4.500 5.400 3.200 7 3.200s2.800 1.300 2.800 3.200c0 1.900.3 2.800 1.200 3.600v.5zM7 3.200V2M5.900 12.300h2.200" });
  return svg("svg", { class: "icon", viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" }, line);
}

/** The line at the top, and the thin bar under it. */
export class Header {
  /** @param {Record<string, import("./types.js").Look>} looks
   * @param {import("./finder.js").Finder} finder
   * @param {AbortSignal} signal */
  constructor(looks, finder, signal) {
    this.looks = looks;
    this.finder = finder;
    this.flow = html("b", { class: "flow" });
    this.run = html("span", { class: "dim run" });
    this.chips = html("ul", { class: "chips", "aria-label": "jobs by status: press one to see only those" });
    this.icon = icon(undefined);
    this.verdict = html("span", { class: "word" });
    this.time = html("span", { class: "dim time" });
    this.pause = control("button", { class: "pause" });
    this.timeline = control("button", { class: "toggle", "aria-pressed": "false", "aria-keyshortcuts": "t", title: "show the attempts along time (T)" }, "Timeline");
    this.tell = control("button", { class: "tell" }, bell());
    this.tell.addEventListener("click", () => telling.turn().then(() => this.offer(true)), { signal });
    this.retry = control("button", { class: "again" });
    this.pick = control("button", { class: "pickall" });
    this.picking = html("li", {}, this.pick);
    this.end = html("span", { class: "end" }, finder.root, this.icon, this.verdict, this.time, this.tell, this.retry, this.pause, this.timeline);
    this.bar = html("div", { class: "bar", "aria-hidden": "true" }, ...BAR.map((letter) => html("i", { class: `s-${letter}` })));
    this.root = html("div", { class: "header" }, this.flow, this.run, this.chips, this.end);
    /** @type {Map<string, {chip: HTMLElement, button: Element, text: Element}>} */
    this.known = new Map();
    this.chips.addEventListener("click", (event) => {
      const letter = /** @type {Element} */ (event.target).closest("[data-letter]")?.getAttribute("data-letter");
      if (letter) finder.toggle(letter);
    }, { signal });
  }

  /** @param {Head} head
   * @param {number} now
   * @param {number} found so many jobs does the filter show; -1 if it leaves none out */
  paint(head, now, found) {
    const total = head.counts.reduce((sum, [, count]) => sum + count, 0);
    say(this.flow, head.flow);
    set(this.flow, "title", head.flow);
    say(this.run, head.run ? `run ${head.run}` : "");
    const there = [...head.counts, ...[...this.finder.letters].filter((letter) => head.counts.every(([one]) => one !== letter)).map((letter) => [letter, 0])];
    for (const [letter, count] of /** @type {[string, number][]} */ (there)) {
      const { text, button } = this.chip(letter), on = this.finder.letters.has(letter);
      say(text, `${count.toLocaleString("en")} ${this.looks[letter]?.word}`);
      set(button, "aria-pressed", on ? "true" : "false");
      set(button, "title", on ? "show the others too" : `show only what is ${this.looks[letter]?.word}`);
    }
    const chips = /** @type {[string, number][]} */ (there).map(([letter]) => this.chip(letter).chip), shown = found > 0 ? [...chips, this.picking] : chips;
    say(this.pick, `Select ${found.toLocaleString("en")}`);
    set(this.pick, "title", "select all that the filter shows");
    if (shown.some((chip, at) => this.chips.children[at] !== chip) || shown.length !== this.chips.children.length)
      this.chips.replaceChildren(...shown);
    const counts = Object.fromEntries(head.counts);
    [...this.bar.children].forEach((part, at) => {
      /** @type {HTMLElement} */ (part).style.width = total ? `${(100 * (counts[BAR[at]] ?? 0)) / total}%` : "0";
    });
    const failed = (counts.F ?? 0) + (counts.N ?? 0);
    this.retry.hidden = !failed && document.activeElement !== this.retry;
    say(this.retry, `Retry ${failed.toLocaleString("en")} failed`);
    set(this.retry, "title", failed ? "run all that has failed again, with fresh attempts" : "nothing has failed");
    set(this.retry, "aria-disabled", failed ? "false" : "true");
    const letter = total ? (VERDICTS[head.verdict] ?? "") : "";
    const drawn = letter && head.paused ? "H" : letter;
    set(this.end, "class", `end s-${drawn}`);
    redraw(this.icon, this.looks[drawn]);
    say(this.verdict, total ? (head.paused ? "paused" : head.verdict) : "");
    const { op, key, word, name, does, no } = pauseAction(head);
    say(this.pause, word);
    set(this.pause, "data-op", op);
    set(this.pause, "aria-label", name);
    set(this.pause, "aria-keyshortcuts", key);
    set(this.pause, "title", `${no ? `${word}: ${no}` : does} (${key.toUpperCase()})`);
    set(this.pause, "aria-disabled", no ? "true" : "false");
    set(this.pause, "class", `pause${head.paused ? " main" : ""}`);
    this.timeline.hidden = !total;
    this.pause.hidden = !total || (no !== "" && document.activeElement !== this.pause);
    this.offer(head.verdict === "running");
    this.tick(head, now);
  }

  /** The button that has a person told when the run ends, where that can be.
   * @param {boolean} going */
  offer(going) {
    const on = telling.wanted();
    this.tell.hidden = !telling.able() || (!going && document.activeElement !== this.tell);
    set(this.tell, "aria-pressed", on ? "true" : "false");
    set(this.tell, "aria-label", "Tell me when it ends");
    set(this.tell, "title", on ? "You will be told when the run ends, or a job fails, while this tab is hidden. Press for silence." : "Tell me when it ends: one notification, if this tab is hidden then");
  }

  /** @param {Head} head
   * @param {number} now */
  tick(head, now) {
    const { started_at: start, ended_at: end } = head;
    const left = head.left_at ? head.left_at - now : 0, more = end === null && left >= 1 ? ` · about ${about(left)} left` : "";
    const time = start === null ? "" : end === null ? elapsed(now - start) + more : duration(end - start);
    say(this.time, time);
  }

  /** @param {string} letter */
  chip(letter) {
    let found = this.known.get(letter);
    if (!found) {
      const text = html("span"), button = control("button", { class: `chip s-${letter}`, "data-letter": letter }, icon(this.looks[letter]), text);
      found = { text, button, chip: html("li", {}, button) };
      this.known.set(letter, found);
    }
    return found;
  }
}
