import { foldAction, groupActions } from "./actions.js";
import { boxes, corner, lines, placeAt } from "./cells.js";
import { measure, redraw, say, set, svg } from "./dom.js";
import { clip, fitted } from "./signs.js";
import { Tools } from "./tools.js";

const NAME = 12.5, SMALL = 10.5, ROUND = 8; // pixels
const PIECE = 1000; // cells

/** Many jobs in one box: a name, how they stand, and a cell for each. */
export class Strip {
  /** @param {import("./types.js").Node} node
   * @param {Record<string, import("./types.js").Look>} looks
   * @param {string} font
   * @param {[string, number, boolean, boolean]|undefined} fan
   * @param {boolean} framed its group has a frame, with what can be done to it */
  constructor([name, , , width, height, label, , , , cells], looks, font, fan, framed) {
    this.name = name;
    /** @type {number[]} */
    this.jobs = [];
    this.looks = looks;
    this.font = font;
    this.width = width;
    this.group = fan && !framed ? fan[0] : "";
    this.cells = /** @type {import("./types.js").Cells} */ (cells);
    this.cursor = -1;
    this.letters = this.letter = this.said = "";
    this.title = svg("title");
    this.caption = svg("text", { class: "small", x: 11, y: 35 });
    this.icon = svg("g", { class: "icon", transform: "translate(10,7)" }, svg("path", { class: "line" }), svg("path", { class: "area" }));
    this.grid = svg("g", { class: "cells" });
    this.cover = svg("path", { class: "cover" });
    this.chosen = svg("path", { class: "picked" });
    this.pointer = svg("rect", { class: "pointer", width: this.cells[3] + 5, height: this.cells[4] + 5, rx: 3 });
    this.pointer.style.display = "none";
    const ring = svg("rect", { class: "ring", x: -3.5, y: -3.5, width: width + 7, height: height + 7, rx: ROUND + 3 });
    this.tools = new Tools(width - 4, 2, looks);
    this.root = svg("g", {
      class: "node strip", tabindex: -1, role: "button", "aria-pressed": "false",
      "data-lm-suppress-shortcuts": "true",
    }, this.title, ring, svg("rect", { class: "box", width, height, rx: ROUND }), this.icon,
    this.grid, this.cover, this.chosen, this.pointer);
    const words = svg("g", { class: "said", "aria-hidden": "true" }, svg("text", { x: 30, y: 18.5 }, fitted(label, width - 62, (text) => measure(text, `${NAME}px ${font}`))), this.caption);
    this.outer = svg("g", { class: "spot" }, this.root, words, this.tools.root);
    this.fan = fan ? name : "";
    /** @type {[letters: string, drawn: SVGElement[]][]} what is drawn of each piece of the grid */
    this.pieces = [];
  }

  /** @param {number} x
   * @param {number} y
   * @param {number} at its number
   * @param {number[]} jobs */
  stand(x, y, at, jobs) {
    this.jobs = jobs;
    set(this.outer, "transform", `translate(${x},${y})`);
    set(this.root, "data-at", at);
  }

  /** @param {string} status of all jobs
   * @param {import("./types.js").Caption|undefined} caption with the letter that stands for all
   * @param {import("./types.js").Group|undefined} standing of its group */
  paint(status, caption, standing) {
    const letters = this.jobs.map((job) => status[job]).join(""), [text = "", , , letter = "W"] = caption ?? [];
    if (this.letter !== letter) {
      this.root.classList.remove(`s-${this.letter}`);
      this.root.classList.add(`s-${letter}`);
      this.letter = letter;
      redraw(this.icon, this.looks[letter]);
    }
    if (this.letters !== letters) {
      this.letters = letters;
      this.draw(letters);
    }
    const acts = [...(this.fan ? [foldAction(this.fan, this.jobs.length, true)] : []), ...(this.group ? groupActions(this.group, standing) : [])];
    const taken = this.tools.paint(acts, (act) => (act.op === "turn" ? this.fan : this.group));
    if (this.said !== text + taken) {
      this.said = text + taken;
      say(this.caption, clip(text, this.width - 20, (words) => measure(words, `${SMALL}px ${this.font}`)));
      set(this.root, "aria-label", this.told(text));
    }
  }

  /** Let cells recede that nobody looks for.
   * @param {boolean[]|null} wanted which jobs are; null: all
   * @returns {boolean} nobody looks for any of them */
  leave(wanted) {
    const out = wanted ? [...this.jobs.keys()].filter((place) => !wanted[this.jobs[place]]) : [];
    const none = out.length === this.jobs.length;
    set(this.cover, "d", none ? "" : boxes(this.cells, out));
    return none;
  }

  /** The place of the cell under the mouse, or -1.
   * @param {MouseEvent} event */
  at(event) {
    const box = this.root.querySelector(".box")?.getBoundingClientRect();
    if (!box?.width) return -1;
    const scale = this.width / box.width;
    return placeAt(this.cells, this.jobs.length, (event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
  }

  /** Mark the cells that are selected together.
   * @param {number[]} places */
  choose(places) {
    set(this.chosen, "d", boxes(this.cells, places));
  }

  /** @param {string} text */
  told(text) {
    return `${this.name}: ${text}. Arrow keys go through its jobs, Enter opens one.`;
  }

  /** Draw the pieces of the grid in which something has changed: of ten thousand cells few do at once.
   * @param {string} letters */
  draw(letters) {
    for (let at = 0, from = 0; from < letters.length; at += 1, from += PIECE) {
      const now = letters.slice(from, from + PIECE), [before, drawn] = this.pieces[at] ?? ["", []];
      if (now === before) continue;
      for (const one of drawn) one.remove();
      const made = this.piece(now, from);
      this.pieces[at] = [now, made];
      this.grid.append(...made);
    }
  }

  /** @param {string} letters
   * @param {number} from the place of the first */
  piece(letters, from) {
    /** @type {Map<string, number[]>} */
    const places = new Map();
    for (let at = 0; at < letters.length; at += 1) {
      const found = places.get(letters[at]);
      if (found) found.push(from + at);
      else places.set(letters[at], [from + at]);
    }
    return [...places].map(([letter, found]) => {
      const [filled, mark] = this.looks[letter]?.tile ?? [false, ""], all = boxes(this.cells, found);
      const solid = filled ? all : mark === "half" ? boxes(this.cells, found, this.cells[4] / 2) : "", over = lines(this.cells, found, mark);
      return svg("g", { class: `s-${letter}` }, svg("path", { class: "tile", d: all }), ...(solid ? [svg("path", { class: "solid", d: solid })] : []),
        ...(over ? [svg("path", { class: filled ? "mark on" : "mark", d: over })] : []));
    });
  }

  /** Mark the cell that keys act on, or none.
   * @param {number} place */
  point(place) {
    this.cursor = place;
    this.pointer.style.display = place < 0 ? "none" : "";
    if (place < 0) return;
    const [x, y] = corner(this.cells, place);
    set(this.pointer, "x", x - 2.5);
    set(this.pointer, "y", y - 2.5);
  }

  /** The cell that one wants to see first: what has failed, then what runs. */
  first() {
    const found = [..."FNRTVBL"].map((letter) => this.letters.indexOf(letter)).find((place) => place >= 0);
    return found ?? 0;
  }
}
