import { diff } from "./diff.js";
import { html, say, set } from "./dom.js";

/** @typedef {[kind: string, text: string]} Word *kind*: see `nbflow.notebook.colouring` */
/** @typedef {{job: string, source?: string, before?: string|null, then?: string|null, words?: Word[]|null, function?: string}} Told */

/** The cell of a job: numbered, lightly coloured, what changed marked, and the line where it failed. */
export class Code {
  constructor() {
    this.said = html("p", { class: "dim" });
    this.text = html("pre", { class: "listing" });
    this.root = html("div", { class: "close code" }, this.said, this.text);
    this.failed = 0;
    this.wanted = 0;
    this.told = "";
  }

  /** @param {Told} told
   * @param {string} attempt what is looked at, in words */
  take(told, attempt) {
    const key = JSON.stringify([told.job, told.source, told.before, told.then, attempt]);
    if (this.told === key) return this.mark(this.failed);
    this.told = key;
    const source = trimmed(told.source ?? ""), base = told.then ?? told.before;
    if (told.function && !source) {
      say(this.said, `It calls ${told.function}.`);
      this.text.replaceChildren();
      return;
    }
    const lines = typeof base === "string" ? diff(trimmed(base), source) : source.split("\n").map((line) => /** @type {[" ", string]} */ ([" ", line]));
    say(this.said, compared(lines, typeof told.then === "string" ? `since ${attempt}` : typeof base === "string" ? "since it was declared before" : ""));
    const words = wordsByLine(told.words ?? [["", source]]);
    let number = 0;
    this.text.replaceChildren(...lines.map(([mark, line]) => {
      const gone = mark === "-", shown = gone ? [line] : (words[number] ?? [["", line]]).map(([kind, text]) => (kind ? html("span", { class: `w-${kind}` }, text) : text));
      number += gone ? 0 : 1;
      return html("div", { class: mark === " " ? "line" : mark === "+" ? "line new" : "line gone", "data-line": gone ? "" : number, "data-mark": mark === "-" ? "−" : mark }, ...shown, "\n");
    }));
    this.mark(this.failed);
    this.reveal(this.wanted);
  }

  /** @param {number} line at which it failed; 0: none */
  mark(line) {
    this.failed = line;
    for (const row of this.text.children) {
      const here = line > 0 && row.getAttribute("data-line") === String(line);
      row.classList.toggle("failed", here);
      set(row, "title", here ? "here it failed" : undefined);
    }
  }

  /** @param {number} line to be seen, as soon as it is there */
  reveal(line) {
    this.wanted = line;
    const row = /** @type {HTMLElement|null} */ (line ? this.text.querySelector(`[data-line="${line}"]`) : null);
    if (!row) return;
    this.wanted = 0;
    const seen = this.root.getBoundingClientRect(), place = row.getBoundingClientRect();
    if (place.top < seen.top || place.bottom > seen.bottom) this.root.scrollTop += place.top - seen.top - this.root.clientHeight / 3;
  }
}

/** @param {string} text */
function trimmed(text) {
  return text.replace(/\n+$/, "");
}

/** @param {[string, string][]} lines
 * @param {string} since */
function compared(lines, since) {
  const [fresh, gone] = ["+", "-"].map((mark) => lines.filter(([one]) => one === mark).length);
  if (!since) return "";
  if (!fresh && !gone) return `the same ${since}`;
  const count = (/** @type {number} */ n, /** @type {string} */ word) => (n ? [`${n} line${n === 1 ? "" : "s"} ${word}`] : []);
  return `${since}: ${[...count(fresh, "new"), ...count(gone, "gone")].join(", ")}`;
}

/** @param {Word[]} words
 * @returns {Word[][]} */
export function wordsByLine(words) {
  /** @type {Word[][]} */
  const lines = [[]];
  for (const [kind, text] of words) {
    text.split("\n").forEach((piece, at) => {
      if (at) lines.push([]);
      if (piece) lines[lines.length - 1].push([kind, piece]);
    });
  }
  return lines;
}
