import { foldAction, groupActions } from "./actions.js";
import { measure, say, set, svg } from "./dom.js";
import { lines } from "./groups.js";
import { clip } from "./signs.js";
import { TOUCH, Tools } from "./tools.js";

const SMALL = 10.5; // pixels

/** The region behind a group's members: its title, what its policy decided, and what can be done with all of it. */
export class Frame {
  /** @param {import("./types.js").Frame} frame
   * @param {Record<string, import("./types.js").Look>} looks
   * @param {string} font
   * @param {string} fan the open fan-out that it is all of, if any
   * @param {number} count its elements
   * @param {string} key tells it from all that look otherwise */
  constructor([group, , , , , title, words, short], looks, font, fan, count, key) {
    this.key = key;
    this.group = group;
    this.title = title;
    this.words = words;
    this.short = short;
    this.x = this.y = this.width = 0;
    this.fold = fan ? [foldAction(fan, count, false)] : [];
    this.fan = fan;
    this.length = (/** @type {string} */ words) => measure(words, `${SMALL}px ${font}`);
    this.text = svg("text", { x: 12, y: 19 });
    this.touch = svg("rect", { class: "touch", x: 6, y: 28 - TOUCH, height: TOUCH });
    this.halo = svg("rect", { class: "halo", x: 6, y: 3, height: 23, rx: 6 });
    const opener = { class: "opener", role: "button", tabindex: 0, "data-op": "open", "data-whom": group, "data-lm-suppress-shortcuts": "true" };
    this.opener = svg("g", group && title ? opener : {}, this.touch, this.halo, this.text);
    this.hint = svg("title");
    this.told = "";
    this.tools = new Tools(0, 2, looks);
    this.ground = svg("rect", { rx: 12 });
    this.outer = svg("g", { class: "frame" }, this.hint, this.ground, this.opener, this.tools.root);
  }

  /** @param {import("./types.js").Frame} frame where it is now, and how large */
  stand([, x, y, width, height]) {
    [this.x, this.y] = [x, y];
    set(this.outer, "transform", `translate(${x},${y})`);
    set(this.ground, "height", height);
    if (this.width === width) return;
    set(this.ground, "width", width);
    this.width = width;
    this.tools.right = width - 4;
    this.told = "";
  }

  /** @param {import("./types.js").Group|undefined} standing */
  paint(standing) {
    if (!this.title) return;
    const now = JSON.stringify(standing ?? null);
    if (this.told === now) return;
    this.told = now;
    const acts = [...this.fold, ...(this.group ? groupActions(this.group, standing) : [])];
    const room = this.width - 22 - this.tools.paint(acts, (act) => (act.op === "turn" ? this.fan : this.group));
    const told = lines(this.title, this.words, this.short, standing), [most] = told;
    const [text, end] = told.find((line) => this.length(line.join("")) <= room) ?? told[told.length - 1];
    this.text.replaceChildren(clip(text, room - this.length(end), this.length), svg("tspan", { class: `verdict ${standing?.[0] ?? ""}` }, end));
    const wide = Math.max(TOUCH, Math.min(room + 10, this.length(this.text.textContent ?? "") + 16));
    for (const one of [this.touch, this.halo]) set(one, "width", wide);
    say(this.hint, most.join("") + (standing?.[3] ? `: ${standing[3]}` : ""));
  }
}
