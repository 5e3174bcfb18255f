import { measure, redraw, say, set, svg } from "./dom.js";
import { far, hatch, sign } from "./marks.js";
import { clip, fitted, isolated } from "./signs.js";
import { said } from "./words.js";

/** @typedef {import("./types.js").Look} Look */
/** @typedef {import("./types.js").Caption} Caption */

const NAME = 12.5, SMALL = 10.5; // as in nbflow/core/boxes.py
const HIGH = 44; // of a node without a row for its fallback
const BADGE = 17; // pixels across

/** The box of one job. */
export class Box {
  /** @param {import("./types.js").Node} node
   * @param {Record<string, Look>} looks
   * @param {string} font */
  constructor([name, , , width, height, label, form, , note = "", , badges = []], looks, font) {
    this.name = name;
    this.looks = looks;
    this.font = font;
    this.width = width;
    this.height = height;
    this.note = note;
    this.badges = badges;
    this.letter = this.told = this.far = this.whole = "";
    this.at = this.job = -1;
    this.x = this.y = 0;
    const round = form === "node" ? 8 : 6;
    this.title = svg("title");
    this.icon = form === "cell" ? sign(5, 6) : sign(10, 7);
    this.lines = svg("path", { class: "hatch" });
    this.mark = note ? sign(width - 21, HIGH + 1) : null;
    this.caption = form === "node" ? svg("text", { class: "small", x: 11, y: 35 }) : null;
    this.bar = form === "node" ? svg("rect", { class: "progress", x: 1.5, y: HIGH - 4.5, height: 3, rx: 1.5 }) : null;
    const ring = svg("rect", { class: "ring", x: -3.5, y: -3.5, width: width + 7, height: height + 7, rx: round + 3 });
    this.group = svg("g", { class: "node", tabindex: -1, role: "button", "aria-pressed": "false", "data-lm-suppress-shortcuts": "true" },
      this.title, ring, svg("rect", { class: "box", width, height, rx: round }), this.lines, this.icon,
      ...badges.map((badge, place) => this.badge(badge, width - 20 - place * BADGE)));
    const words = svg("g", { class: "said", "aria-hidden": "true" }); // beside the button: its name says more, and does not tick
    if (this.bar) this.group.append(this.bar);
    const written = (/** @type {number} */ room, /** @type {number} */ size) => fitted(label, room, (text) => measure(text, `${size}px ${font}`));
    if (this.caption) words.append(svg("text", { x: 30, y: 18.5 }, written(width - 36 - badges.length * BADGE, NAME)), this.caption);
    else words.append(svg("text", { class: "label", x: 23, y: 17 }, written(width - 26, SMALL)));
    if (this.mark) {
      this.group.append(svg("path", { class: "hatch rule", d: `M1,${HIGH - 2}H${width - 1}` }), this.mark);
      words.append(svg("text", { class: "small", x: 11, y: HIGH + 12.5 }, note));
    }
    this.outer = svg("g", { class: "spot" }, this.group, words);
  }

  /** @param {number} x
   * @param {number} y
   * @param {number} at the node's number
   * @param {number[]} jobs */
  stand(x, y, at, [job]) {
    [this.x, this.y, this.at, this.job] = [x, y, at, job];
    set(this.outer, "transform", `translate(${x},${y})`);
    set(this.group, "data-at", at);
  }

  /** @param {string} name
   * @param {number} x */
  badge(name, x) {
    const drawn = sign(x, 7);
    redraw(drawn, this.looks[name]);
    set(drawn, "class", "badge");
    drawn.prepend(svg("title", {}, this.looks[name]?.word ?? name));
    return drawn;
  }

  /** Bring status and caption up to date.
   * @param {import("./dag.js").Standing} standing
   * @param {string|undefined} maker the job that made it while it ran */
  paint({ status, wanted, captions, marks, progress, now }, maker) {
    const letter = status[this.job] ?? "", caption = captions[this.at], mark = marks[this.at];
    if (this.letter !== letter) {
      this.group.classList.remove(`s-${this.letter}`);
      this.group.classList.add(`s-${letter}`);
      this.letter = letter;
      redraw(this.icon, this.looks[letter]);
      set(this.lines, "d", letter === "U" && hatch(this.width, this.height));
    }
    this.outer.classList.toggle("out", wanted !== null && !wanted[this.job]);
    if (this.bar) this.far = far(this.bar, this.width - 3, letter === "R" ? progress[this.at] : undefined);
    this.tick(caption, now);
    if (this.mark) {
      redraw(this.mark, this.looks[mark]);
      set(this.mark, "class", `icon s-${mark ?? ""}`);
    }
    const word = this.looks[letter]?.word ?? "", text = said(caption, now);
    const told = [`${isolated(this.name)}: ${word}${text && !caption?.[1] && text !== word ? `, ${text}` : ""}`];
    if (mark) told.push(`${this.note} ${this.looks[mark]?.word}`);
    if (maker) told.push(`made by ${maker}`);
    const more = [...told, ...this.badges.map((name) => this.looks[name]?.word ?? name)].join("; ");
    if (this.told === more) return;
    this.told = more;
    set(this.group, "aria-label", more);
    say(this.title, more);
  }

  /** @param {Caption|undefined} caption
   * @param {number} now */
  tick(caption, now) {
    const text = said(caption, now) + this.far;
    if (!this.caption || this.whole === text) return;
    this.whole = text;
    const length = (/** @type {string} */ words) => measure(words, `${SMALL}px ${this.font}`), room = this.width - 20;
    const short = this.far && length(text) > room ? text.split(" · ")[0] + this.far : text; // how far it is, before which attempt it is
    say(this.caption, clip(short, room, length));
  }
}
