import { foldAction, groupActions } from "./actions.js";
import { boxes, corner, lines, placeAt } from "./cells.js";
import { measure, redraw, say, set, svg } from "./dom.js";
import { clip, fitted } from "./signs.js";
import { Tools } from "./tools.js";

const NAME = 12.5, SMALL = 10.5, ROUND = 8; // pixels

/** Many jobs in one box: a name, how they stand, and a cell for each. */
export class Strip {
  /** @param {import("./types.js").Node} node
   * @param {number} at its number
   * @param {number[]} jobs
   * @param {Record<string, import("./types.js").Look>} looks
   * @param {string} font
   * @param {[string, number, boolean]|undefined} fan
   * @param {boolean} framed its group has a frame, with what can be done to it */
  constructor([name, x, y, width, height, label, , , , cells], at, jobs, looks, font, fan, framed) {
    this.name = name;
    this.jobs = jobs;
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
      "data-at": at, "data-lm-suppress-shortcuts": "true",
    }, this.title, ring, svg("rect", { class: "box", width, height, rx: ROUND }), this.icon,
    this.grid, this.cover, this.chosen, this.pointer);
    const words = svg("g", { class: "said", "aria-hidden": "true" }, svg("text", { x: 30, y: 18.5 }, fitted(label, width - 62, (text) => measure(text, `${NAME}px ${font}`))), this.caption);
    this.outer = svg("g", { class: "spot", transform: `translate(${x},${y})` }, this.root, words, this.tools.root);
    this.fan = fan ? name : "";
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
      this.grid.replaceChildren(...this.drawn(letters));
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

  /** @param {string} letters */
  drawn(letters) {
    /** @type {Map<string, number[]>} */
    const places = new Map();
    for (let place = 0; place < letters.length; place += 1) {
      const found = places.get(letters[place]);
      if (found) found.push(place);
      else places.set(letters[place], [place]);
    }
    return [...places].map(([letter, found]) => {
      const [filled, mark] = this.looks[letter]?.tile ?? [false, ""], all = boxes(this.cells, found);
      const solid = filled ? all : mark === "half" ? boxes(this.cells, found, this.cells[4] / 2) : "";
      return svg("g", { class: `s-${letter}` }, svg("path", { class: "tile", d: all }), svg("path", { class: "solid", d: solid }),
        svg("path", { class: filled ? "mark on" : "mark", d: lines(this.cells, found, mark) }));
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
