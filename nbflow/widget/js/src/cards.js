import { html, set } from "./dom.js";

/**
 * How a card looks, as the kernel says it.
 *
 * @typedef {{glyph: string, tone: string, name: string, status: string, facts: string, lines: string, standing: string,
 *   cells: [count: number, tone: string, kind: string][], pictures: [kind: string, data: string][]}} Told
 * @typedef {{text: string, since: number, wanted: string, due: number, drawn: HTMLElement|null}} Seen
 */

const GOING = "RTVBL"; // cards of these show a clock: they change each second or so
const PATIENCE = 1500; // milliseconds that a status may be late
const MARKED = ".nbflow-card[class*=nbflow-is-]", MARK = /\bnbflow-is-(\w+)-(\w)\b/; // a class: Jupyter takes other marks away
const OUTPUT = ".jp-OutputArea-child";
const QUIET = "var(--jp-content-font-color2, var(--vscode-descriptionForeground, color-mix(in srgb, currentColor 75%, transparent)))";
const MONO = "var(--jp-code-font-family, ui-monospace, monospace)";
const CELL = "display:inline-block;box-sizing:border-box;width:8px;height:8px;margin:0 2px 2px 0;border-radius:2px;";

/** The cards of a flow in the page: those that Jupyter no longer brings up to date, as after a reload, are drawn here. */
export class Cards {
  /** @param {import("./types.js").Model} model */
  constructor(model) {
    this.model = model;
    /** @type {Map<string, Seen>} */
    this.seen = new Map();
    /** @type {Map<string, Told>} */
    this.told = new Map();
    /** @type {Set<string>} */
    this.asked = new Set();
    this.here = false; // the page shows some
    /** The newest of each job of a run that went on when the page came: they may have been lost with a reload. */
    this.maybe = new Set(this.model.get("standing").going ? newest(this.stands).values() : []);
  }

  /** The flow's name: its notebook's. */
  get flow() {
    return this.model.get("standing").flow;
  }

  /** Id -> letter of the status, a space, and the job.
   * @returns {Record<string, string>} */
  get stands() {
    return this.model.get("cards") ?? {};
  }

  /** @param {Record<string, Told>} cards */
  take(cards) {
    for (const [id, told] of Object.entries(cards)) if (this.asked.has(id)) this.told.set(id, told);
    this.look(Date.now());
  }

  /** Look at the cards in the page; ask for those that do not look as they should.
   * @param {number} now in milliseconds */
  look(now) {
    const stands = this.stands, wrong = [];
    this.here = false;
    for (const card of document.querySelectorAll(MARKED)) {
      const [, id, letter] = MARK.exec(card.className) ?? ["", "", ""];
      if (!Object.hasOwn(stands, id)) continue;
      this.here = true;
      this.maybe.delete(id);
      if (this.stale(id, letter, card.textContent ?? "", stands[id][0], now)) wrong.push(id);
      else if (this.asked.size && this.behind(card)) wrong.push(id);
      this.draw(id, /** @type {HTMLElement} */ (card));
    }
    for (const ours of document.querySelectorAll(".jp-CodeCell > [data-nbflow-of]")) if (ours.parentElement?.querySelector(OUTPUT)) ours.remove();
    for (const id of this.maybe) {
      const lost = lostCell(stands[id]?.slice(2), this.flow);
      const told = lost && this.told.get(id);
      if (lost) wrong.push(id);
      if (!told) continue;
      this.here = true;
      place(lost, told, id);
    }
    const ask = [...new Set(wrong)].filter((id) => !this.asked.has(id));
    if (!ask.length) return;
    try {
      this.model.send({ op: "cards", ids: ask });
    } catch {
      return; // the kernel is gone, and the page knows it: asked once there is one again
    }
    for (const id of ask) this.asked.add(id);
  }

  /** Whether the card does not look as it should, and has not for a while.
   * @param {string} id
   * @param {string} letter its status as it stands there
   * @param {string} text
   * @param {string} wanted its status as it is
   * @param {number} now */
  stale(id, letter, text, wanted, now) {
    const seen = this.seen.get(id) ?? { text: letter + text, since: now, wanted, due: now, drawn: null };
    this.seen.set(id, seen);
    if (seen.text !== letter + text) { // it is alive: its own words are truer than ours
      Object.assign(seen, { text: letter + text, since: now });
      this.drop(id);
    }
    if (seen.wanted !== wanted) Object.assign(seen, { wanted, due: now });
    const late = letter !== wanted && now - Math.max(seen.due, seen.since) >= PATIENCE;
    return late || (GOING.includes(wanted) && now - seen.since >= 1000 * this.model.get("standing").still);
  }

  /** Whether a card that waits, in a page whose cards stand still, says how the run stood: that is out of date with any
   * other. One that has ended only needs those words.
   * @param {Element} card */
  behind(card) {
    const run = card.querySelector('[title="the run as a whole"]');
    const { going, said } = this.model.get("standing");
    if (!run) return false;
    const letter = MARK.exec(card.className)?.[2] ?? "";
    if (!"SDUMFKCN".includes(letter)) return true;
    if (!going && run.textContent !== said) run.textContent = said;
    return false;
  }

  /** @param {string} id */
  drop(id) {
    this.asked.delete(id);
    this.told.delete(id);
  }

  /** Show what the kernel has told in the place of the card, or the card itself.
   * @param {string} id
   * @param {HTMLElement} card */
  draw(id, card) {
    const told = this.told.get(id), seen = /** @type {Seen} */ (this.seen.get(id));
    const there = card.nextElementSibling;
    const ours = there?.getAttribute("data-nbflow-of") === id ? there : null;
    card.style.display = told ? "none" : "";
    if (!told) ours?.remove();
    else if (!ours) card.after((seen.drawn = made(told, id)));
    else if (ours !== seen.drawn || told !== drawnOf.get(ours)) ours.replaceWith((seen.drawn = made(told, id)));
  }
}

/** @type {WeakMap<Element, Told>} */
const drawnOf = new WeakMap();

/** Job -> the id of its newest card.
 * @param {Record<string, string>} stands in the order in which they were shown */
export function newest(stands) {
  return new Map(Object.entries(stands).map(([id, stand]) => [stand.slice(2), id]));
}

/** The cell of a job whose output is not in the page: what was not saved is gone with a reload.
 * @param {string|undefined} job
 * @param {string} flow */
function lostCell(job, flow) {
  if (!job) return null;
  const alone = document.querySelectorAll(".jp-NotebookPanel").length < 2;
  for (const cell of document.querySelectorAll(".jp-CodeCell")) {
    if (!alone && !labelled(cell.closest(".jp-NotebookPanel")).startsWith(flow)) continue;
    if (cell.querySelector(OUTPUT)) continue;
    const [magic, name] = (cell.querySelector(".cm-line")?.textContent ?? "").split(/\s+/);
    if (magic === "%%job" && (name === job || name?.startsWith(`${job}[`))) return /** @type {HTMLElement} */ (cell);
  }
  return null;
}

/** What the tab of a panel says.
 * @param {Element|null} panel */
function labelled(panel) {
  return document.getElementById(panel?.getAttribute("aria-labelledby") ?? "")?.textContent ?? "";
}

/** @param {HTMLElement} cell
 * @param {Told} told
 * @param {string} id */
function place(cell, told, id) {
  const there = cell.querySelector(":scope > [data-nbflow-of]");
  if (there && drawnOf.get(there) === told) return;
  const card = made(told, id);
  set(card, "style", "padding:4px 0 2px;line-height:1.5;margin-left:calc(var(--jp-cell-prompt-width, 64px) + 14px);" +
    "font-family:var(--jp-content-font-family);font-size:var(--jp-content-font-size1, 14px);color:var(--jp-content-font-color1)");
  if (there) there.replaceWith(card);
  else (cell.querySelector(".jp-Cell-inputWrapper") ?? cell.lastElementChild)?.after(card);
}

/** A card, as the kernel would have made it.
 * @param {Told} told
 * @param {string} id */
export function made(told, id) {
  const quiet = `color:${QUIET}`;
  const card = html("div", { class: "nbflow-card", "data-nbflow-of": id, style: "padding:2px 0;line-height:1.5" },
    ...(told.standing ? [html("span", { style: `float:right;margin-left:24px;${quiet};font-variant-numeric:tabular-nums` }, told.standing)] : []),
    html("span", { style: `color:${told.tone};font-weight:600` }, told.glyph), " ",
    html("b", {}, told.name), " ",
    ...(told.status ? [html("span", {}, told.status), " "] : []),
    html("span", { style: quiet }, told.facts));
  const cells = (told.cells ?? []).flatMap(([count, tone, kind]) => Array.from({ length: count }, () => cell(tone, kind)));
  if (cells.length) card.append(html("div", { style: "margin:2px 0 0 22px;line-height:10px;max-width:480px" }, ...cells));
  if (told.lines) card.append(html("pre", { style: `margin:2px 0 0 22px;${quiet};font-family:${MONO};white-space:pre-wrap;background:transparent` }, told.lines));
  for (const [kind, data] of told.pictures ?? []) {
    const source = `data:image/${kind};base64,${data}`;
    card.append(html("div", { style: "margin:4px 0 0 22px" }, html("img", { alt: "output", style: "max-width:100%", src: source })));
  }
  drawnOf.set(card, told);
  return card;
}

/** @param {string} tone
 * @param {string} kind "full", "busy" or "faint" */
function cell(tone, kind) {
  const paint = kind === "busy" ? `border:2px solid ${tone}` : `background:${tone}${kind === "faint" ? ";opacity:.3" : ""}`;
  return html("span", { style: CELL + paint });
}
