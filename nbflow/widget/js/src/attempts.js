import { control, html, set } from "./dom.js";
import { duration, elapsed, size, timeOfDay } from "./words.js";

/** @typedef {import("./types.js").Attempt} Attempt */
/** @typedef {import("./types.js").Step} Step */
/** @typedef {import("./types.js").Part} Part */

const ENDS = /** @type {Record<string, string>} */ ({ succeeded: "S", failed: "F", cancelled: "C", lost: "N", skipped: "K" });
const HEADS = ["#", "started", "took", "ended"];

/** A row for each attempt of a job, and under it one for each thing that followed it. */
export class Attempts {
  constructor() {
    this.rows = html("tbody");
    const heads = HEADS.map((word) => html("th", { scope: "col" }, word));
    this.root = html("div", { class: "attempts" }, html("table", {}, html("thead", {}, html("tr", {}, ...heads, html("th", { class: "mem" }, "memory"))), this.rows));
    this.told = "";
    /** @type {[Element, number][]} */
    this.going = []; // where a time goes on, and since when
  }

  /** @param {string} job
   * @param {Attempt[]} all
   * @param {import("./types.js").Place|null} chosen
   * @param {number} now */
  paint(job, all, chosen, now) {
    this.root.hidden = !all.length;
    const told = JSON.stringify([job, all, chosen]);
    if (this.told === told) return;
    this.told = told;
    const active = document.activeElement, held = this.rows.contains(active) ? active?.getAttribute("data-place") : null;
    this.root.classList.toggle("memory", all.some((one) => one.memory));
    this.going = [];
    const on = chosen ? placed(...chosen) : "";
    this.rows.replaceChildren(...all.flatMap((one) => [
      this.attempt(one, on, now), ...(one.rule ? [rule(one)] : []), ...one.steps.map((step, at) => this.step(one, step, at, on, now)),
    ]));
    const row = this.rows.querySelector(held ? `button[data-place="${held}"]` : ".on");
    if (held) /** @type {HTMLElement|null} */ (row)?.focus();
    else if (row) this.root.scrollTop = /** @type {HTMLElement} */ (row).offsetTop - this.root.clientHeight / 2;
  }

  /** @param {number} now */
  tick(now) {
    for (const [cell, since] of this.going) cell.textContent = elapsed(now - since);
  }

  /** @param {Attempt} one
   * @param {string} on
   * @param {number} now */
  attempt(one, on, now) {
    const word = ended(one);
    return html("tr", { class: on === placed(one.number, null) ? "on" : "", "data-place": placed(one.number, null) },
      html("td", {}, pick(placed(one.number, null), one.number ? String(one.number) : "⧉", `${attempt(one.number)}, ${word}: show its log`, on)),
      html("td", {}, one.started_at === null ? "" : timeOfDay(one.started_at)), this.took(one, now),
      html("td", { class: `how s-${letter(one)}`, title: one.reason || word }, word),
      html("td", { class: "mem" }, one.memory ? size(one.memory) : ""));
  }

  /** @param {Attempt} one that it followed
   * @param {Step} step
   * @param {number} at
   * @param {string} on
   * @param {number} now */
  step(one, step, at, on, now) {
    const place = placed(one.number, at), word = ended(step);
    const label = `${called(step)} after attempt ${one.number}, ${word}: show its log`;
    return html("tr", { class: `step${on === place ? " on" : ""}`, "data-place": place },
      html("td", { colspan: 2 }, pick(place, `↳ ${step.step}`, label, on)), this.took(step, now),
      html("td", { class: `how s-${letter(step)}`, title: [step.name, step.reason || word].filter(Boolean).join(", ") }, word),
      html("td", { class: "mem" }));
  }

  /** @param {Part} part
   * @param {number} now */
  took({ started_at: start, ended_at: end }, now) {
    const cell = html("td", {}, start === null ? "" : end === null ? elapsed(now - start) : duration(end - start));
    if (start !== null && end === null) this.going.push([cell, start]);
    return cell;
  }
}

/** The failure rule that an attempt ran into.
 * @param {Attempt} one */
function rule(one) {
  return html("tr", { class: "step" }, html("td", { class: "dim by", colspan: 4 }, `↳ ${one.rule}`), html("td", { class: "mem" }));
}

/** @param {string} place
 * @param {string} word
 * @param {string} label
 * @param {string} on */
function pick(place, word, label, on) {
  return control("button", { class: "pick", "data-place": place, "aria-pressed": on === place ? "true" : "false", "aria-label": label }, word);
}

/** How an attempt or step ended, in a word or two.
 * @param {Part} part */
function ended({ ended_at: end, end: how, reason }) {
  if (end === null) return "running";
  return how === "failed" ? reason.split(":")[0] || how : how;
}

/** @param {Part} part */
function letter({ ended_at: end, end: how }) {
  return end === null ? "R" : (ENDS[how] ?? "");
}

/** What a step is called.
 * @param {Step} step */
export function called({ step, name }) {
  return step === "recovery" ? "recovery script" : name ? `${step} ${name}` : step;
}

/** What an attempt or step came to, beyond what its row says.
 * @param {Part & {memory?: number|null, cpu?: number|null}} part
 * @returns {string} */
export function extent({ exit_code: code, signal, memory, cpu, reason }) {
  const ended = signal && !reason.includes(signal) ? [`signal ${signal}`] : code && !reason.includes(`exit ${code}`) ? [`exit code ${code}`] : [];
  return [...ended, ...(cpu ? [`processor ${duration(cpu)}`] : []), ...(memory ? [`peak memory ${size(memory)}`] : [])].join(" · ");
}

/** An attempt as it is spoken of; 0 is the one of another run that is reused.
 * @param {number} number */
export function attempt(number) {
  return number ? `attempt ${number}` : "the attempt it is reused from";
}

/** An attempt or step as the kernel's logs and the rows name it.
 * @param {number} number
 * @param {number|null} step */
export function placed(number, step) {
  return step === null ? String(number) : `${number}/${step}`;
}

/** The other way round.
 * @param {string} place
 * @returns {import("./types.js").Place} */
export function unplaced(place) {
  const [number, step] = place.split("/").map(Number);
  return [number, step ?? null];
}
