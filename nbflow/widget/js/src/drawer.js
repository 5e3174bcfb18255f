import { actions, short } from "./actions.js";
import { control, html, icon, redraw, say, set, under } from "./dom.js";
import { duration, elapsed, plain, said, size, timeOfDay } from "./words.js";

/** @typedef {import("./types.js").Details} Details */
/** @typedef {import("./types.js").Attempt} Attempt */
/** @typedef {{name: string, letter: string, caption: import("./types.js").Caption|undefined, details: Details|undefined,
 *   attempt: number|null, letterOf(job: string): string|undefined, now: number}} Shown *attempt*: the one chosen, null the last */

const ENDS = /** @type {Record<string, string>} */ ({ succeeded: "S", failed: "F", cancelled: "C", lost: "F" });
const NEAR = 12; // pixels from its end at which a log is followed

/** What is known of the selected job, and what can be done with it. */
export class Drawer {
  /** @param {Record<string, import("./types.js").Look>} looks
   * @param {{act(op: string): void, close(): void, go(job: string): void, attempt(number: number): void}} heard
   * @param {AbortSignal} signal */
  constructor(looks, heard, signal) {
    this.looks = looks;
    this.heard = heard;
    this.icon = icon(undefined);
    this.name = html("b", { class: "name" });
    this.status = html("span", { class: "dim" });
    this.shut = control("button", { class: "shut", "aria-label": "Close" }, "✕");
    this.why = html("p", { class: "why" });
    this.acts = ["retry", "skip", "cancel"].map((op) => control("button", { class: "act", "data-op": op }));
    this.needs = html("div", { class: "needs" });
    this.rows = html("tbody");
    this.table = html("div", { class: "attempts" }, html("table", {}, html("thead", {}, html("tr", {},
      ...["#", "started", "took", "ended"].map((word) => html("th", { scope: "col" }, word)), html("th", { class: "mem" }, "memory"))), this.rows));
    this.title = html("div", { class: "logtitle dim" });
    this.text = document.createTextNode("");
    this.log = control("pre", { class: "log", tabindex: 0, role: "log", "aria-live": "off" });
    this.log.append(this.text);
    const head = html("div", { class: "title" }, this.icon, html("span", { class: "names" }, this.name, " ", this.status), this.shut);
    const buttons = html("div", { class: "buttons" }, ...this.acts);
    const inner = html("div", { class: "inner" }, head, this.why, buttons, this.needs, this.table, this.title, this.log);
    this.root = html("section", { class: "drawer", "aria-label": "selected job" }, inner);
    this.root.hidden = true;
    this.shown = ""; // the job, attempt and rows drawn last
    this.followed = true;
    this.listen(signal);
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const here = (/** @type {Event} */ event, /** @type {string} */ name) =>
      /** @type {Element} */ (event.target).closest(`[${name}]`)?.getAttribute(name);
    this.shut.addEventListener("click", () => this.heard.close(), { signal });
    this.log.addEventListener("scroll", () => {
      this.followed = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR;
    }, { signal });
    this.root.addEventListener("click", (event) => {
      const [op, job, number] = ["data-op", "data-job", "data-number"].map((name) => here(event, name));
      if (op) this.heard.act(op);
      else if (job) this.heard.go(job);
      else if (number) this.heard.attempt(Number(number));
    }, { signal });
  }

  /** @param {Shown|null} shown */
  paint(shown) {
    this.root.hidden = !shown;
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
    this.attempts(shown);
    this.output(shown);
    this.tick(shown);
  }

  /** What goes on while nothing is sent: times.
   * @param {Shown} shown */
  tick({ letter, details, caption, now }) {
    const said_ = this.looks[letter]?.word ?? "";
    const tries = details && details.of > 1 && details.tried ? ` · attempt ${details.tried} of ${Math.max(details.of, details.tried)}` : "";
    const again = letter === "T" && caption ? ` · ${said(caption, now)}` : "";
    say(this.status, said_ + tries + again);
    const last = details?.attempts.at(-1);
    const took = this.rows.lastElementChild?.children[2];
    if (last && last.ended_at === null && took) say(took, elapsed(now - (last.started_at ?? now)));
  }

  /** @param {Shown} shown */
  buttons({ name, letter, details }) {
    const can = actions(letter, details);
    can.forEach(({ op, word, does, no, key }, at) => {
      const button = this.acts[at];
      say(button, at === 0 ? `${word} ${short(name)}` : word);
      set(button, "data-op", op);
      set(button, "aria-label", `${word} ${name}`);
      set(button, "aria-keyshortcuts", key);
      set(button, "class", `act${at === 0 && !no && letter !== "S" ? " main" : ""}`);
      set(button, "title", `${no ? `${word}: ${no}` : does} (${key.toUpperCase()})`);
      set(button, "aria-disabled", no ? "true" : "false"); // not `disabled`: that would take the focus away
    });
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

  /** @param {Shown} shown */
  attempts({ name, details, attempt, now }) {
    const all = details?.attempts ?? [];
    this.table.hidden = !all.length;
    const chosen = attempt ?? all.at(-1)?.number;
    const key = JSON.stringify([name, all, chosen]);
    if (this.rows.getAttribute("data-key") === key) return;
    set(this.rows, "data-key", key);
    const held = this.rows.contains(document.activeElement) && document.activeElement?.getAttribute("data-number");
    this.table.classList.toggle("memory", all.some((one) => one.memory));
    this.rows.replaceChildren(...all.map((one) => this.attempt(one, one.number === chosen, now)));
    const row = this.rows.querySelector(held ? `button[data-number="${held}"]` : ".on");
    if (held) /** @type {HTMLElement|null} */ (row)?.focus();
    else if (row) this.table.scrollTop = /** @type {HTMLElement} */ (row).offsetTop - this.table.clientHeight / 2;
  }

  /** @param {Attempt} one
   * @param {boolean} on
   * @param {number} now */
  attempt({ number, started_at: start, ended_at: end, end: how, reason, memory }, on, now) {
    const took = start === null ? "" : end === null ? elapsed(now - start) : duration(end - start);
    const word = end === null ? "running" : how === "failed" ? reason.split(":")[0] || how : how;
    const pick = control("button", { class: "pick", "data-number": number, "aria-pressed": on ? "true" : "false",
      "aria-label": `attempt ${number}, ${word}: show its log` }, String(number));
    return html("tr", { class: on ? "on" : "", "data-number": number }, html("td", {}, pick),
      html("td", {}, start === null ? "" : timeOfDay(start)), html("td", {}, took),
      html("td", { class: `how s-${end === null ? "R" : (ENDS[how] ?? "")}`, title: reason || word }, word),
      html("td", { class: "mem" }, memory ? size(memory) : ""));
  }

  /** The log of the chosen attempt; it stays at its end unless somebody has scrolled up.
   * @param {Shown} shown */
  output({ name, details, attempt }) {
    const all = details?.attempts ?? [];
    const number = attempt ?? all.at(-1)?.number ?? 0;
    const log = details?.logs[number];
    const tried = all.find((one) => one.number === number);
    const text = plain(log?.text ?? "").replace(/\n+$/, "");
    this.log.hidden = this.title.hidden = !tried;
    say(this.title, !log ? `log of attempt ${number}` : text ? logTitle(number, log.cut) : `attempt ${number} has printed nothing${tried?.ended_at === null ? " yet" : ""}`);
    if (log && !text) this.log.hidden = true;
    const fresh = this.shown !== `${name}\0${number}`;
    if (fresh) this.followed = true;
    this.shown = `${name}\0${number}`;
    set(this.log, "aria-label", `log of ${name}, attempt ${number}`);
    if (!fresh && text.startsWith(this.text.data)) this.text.appendData(text.slice(this.text.length)); // keeps what is marked
    else if (text !== this.text.data) this.text.data = text;
    if (this.followed) this.log.scrollTop = this.log.scrollHeight;
  }
}

/** @param {number} number
 * @param {number} cut bytes */
function logTitle(number, cut) {
  return `log of attempt ${number}` + (cut ? `, its end (${size(cut)} before it are in the file)` : "");
}
