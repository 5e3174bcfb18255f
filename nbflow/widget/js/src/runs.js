import { control, html, say, set } from "./dom.js";
import { duration } from "./words.js";

/** @typedef {{run: number, verdict: string, opened_at: number, began_at: number|null, ended_at: number|null, counts: Record<string, number>}} Told */

const SIGNS = /** @type {Record<string, string>} */ ({ succeeded: "✓", failed: "✕" });

/** A run in a line: "run 11 · yesterday 18:20 · failed · 41 ✓ 1 ✕ · 3 m 10 s".
 * @param {Told} told
 * @param {number} now */
export function line({ run, verdict, opened_at, began_at, ended_at, counts }, now) {
  const good = ["succeeded", "recovered", "substituted", "reused"], sum = good.reduce((all, word) => all + (counts[word] ?? 0), 0);
  const jobs = [...(sum ? [`${sum} ${SIGNS.succeeded}`] : []), ...(counts.failed ? [`${counts.failed} ${SIGNS.failed}`] : []),
    ...Object.entries(counts).filter(([word]) => !good.includes(word) && word !== "failed").map(([word, count]) => `${count} ${word}`)];
  const end = verdict === "running" ? now : ended_at, took = began_at !== null && end !== null ? [duration(end - began_at)] : [];
  return [`run ${run}`, when(opened_at, now), verdict, jobs.join(" ") || "no jobs", ...took].join(" · ");
}

/** An instant as people say it on the day of *now*.
 * @param {number} at
 * @param {number} now */
export function when(at, now) {
  const time = new Date(at * 1000), two = (/** @type {number} */ n) => String(n).padStart(2, "0"), clock = `${two(time.getHours())}:${two(time.getMinutes())}`;
  const day = (/** @type {number} */ instant) => new Date(instant * 1000).toDateString();
  if (day(at) === day(now)) return `today ${clock}`;
  if (day(at) === day(now - 86400)) return `yesterday ${clock}`;
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clock}`;
}

/** A button, and under it the runs of the flow to choose from. */
export class Runs {
  /** @param {{ask(): void, open(run: number|null): void}} heard
   * @param {AbortSignal} life */
  constructor(heard, life) {
    this.heard = heard;
    this.button = control("button", { class: "runs", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": "earlier runs", title: "earlier runs" }, "▾");
    this.list = html("div", { class: "runlist", role: "menu", "aria-label": "runs" });
    this.list.hidden = true;
    this.root = html("span", { class: "runbox" }, this.button);
    this.button.addEventListener("click", () => (this.list.hidden ? this.heard.ask() : this.close()), { signal: life });
    this.list.addEventListener("click", (event) => this.choose(event), { signal: life });
    this.list.addEventListener("keydown", (event) => this.key(event), { signal: life });
    this.list.addEventListener("focusout", (event) => {
      if (!this.list.contains(/** @type {Node|null} */ (event.relatedTarget)) && event.relatedTarget !== this.button) this.close();
    }, { signal: life });
  }

  /** @param {Told[]} told oldest first
   * @param {number|null} shown the run that is shown
   * @param {number} present the one that goes on, or was last
   * @param {number} now */
  take(told, shown, present, now) {
    const items = told.toReversed().map((one) => {
      const here = one.run === (shown ?? present), text = one.run === present ? `${line(one, now)} · the present one` : line(one, now);
      return control("button", { role: "menuitemradio", "aria-checked": here ? "true" : "false", tabindex: -1, "data-run": one.run === present ? 0 : one.run }, text);
    });
    this.list.replaceChildren(...(items.length ? items : [html("p", { class: "dim" }, "There is no run yet.")]));
    this.list.hidden = false;
    set(this.button, "aria-expanded", "true");
    /** @type {HTMLElement|null} */ (this.list.querySelector("[aria-checked=true]") ?? this.list.querySelector("button"))?.focus();
  }

  close() {
    if (this.list.hidden) return;
    const held = this.list.contains(document.activeElement);
    this.list.hidden = true;
    set(this.button, "aria-expanded", "false");
    if (held) this.button.focus();
  }

  /** @param {Event} event */
  choose(event) {
    const run = /** @type {Element} */ (event.target).closest("[data-run]")?.getAttribute("data-run");
    if (run === null || run === undefined) return;
    this.close();
    this.heard.open(Number(run) || null);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const items = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("button")]), at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items[Math.max(0, Math.min(items.length - 1, to))]?.focus();
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** What is said of the past that is shown. */
export class Mark {
  /** @param {() => void} live
   * @param {AbortSignal} life */
  constructor(live, life) {
    this.text = html("span", { class: "said" });
    this.button = control("button", { class: "live", "aria-keyshortcuts": "Escape", title: "back to the present (Esc)" }, "Live");
    this.root = html("div", { class: "asof" }, this.text, this.button);
    this.root.hidden = true;
    this.button.addEventListener("click", live, { signal: life });
  }

  /** @param {string} text empty: the present is shown
   * @param {boolean} [back] there is a present to return to */
  say(text, back = true) {
    this.root.hidden = !text;
    this.button.hidden = !back;
    say(this.text, text && back ? `${text} — Esc or Live returns` : text);
  }
}
