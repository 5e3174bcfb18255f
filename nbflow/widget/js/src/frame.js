import { foldAction, groupActions } from "./actions.js";
import { measure, say, svg } from "./dom.js";
import { lines } from "./groups.js";
import { clip } from "./signs.js";
import { Tools } from "./tools.js";

const SMALL = 10.5; // pixels

/** The region behind a group's members: its title, what its policy decided, and what can be done with all of it. */
export class Frame {
  /** @param {import("./types.js").Frame} frame
   * @param {Record<string, import("./types.js").Look>} looks
   * @param {string} font
   * @param {string} fan the open fan-out that it is all of, if any
   * @param {number} count its elements */
  constructor([group, x, y, width, height, title, words, short], looks, font, fan, count) {
    this.group = group;
    this.title = title;
    this.words = words;
    this.short = short;
    this.width = width;
    this.fold = fan ? [foldAction(fan, count, false)] : [];
    this.fan = fan;
    this.length = (/** @type {string} */ words) => measure(words, `${SMALL}px ${font}`);
    this.text = svg("text", group && title ? { class: "opener", role: "button", tabindex: 0, "data-op": "open", "data-whom": group, "data-lm-suppress-shortcuts": "true", x: x + 12, y: y + 19 } : { x: x + 12, y: y + 19 });
    this.hint = svg("title");
    this.told = "";
    this.tools = new Tools(x + width - 4, y + 2, looks);
    this.root = svg("g", { class: "frame" }, this.hint, svg("rect", { x, y, width, height, rx: 12 }), this.text, this.tools.root);
  }

  /** @param {import("./types.js").Group|undefined} standing */
  paint(standing) {
    if (!this.title) return;
    const key = JSON.stringify(standing ?? null);
    if (this.told === key) return;
    this.told = key;
    const acts = [...this.fold, ...(this.group ? groupActions(this.group, standing) : [])];
    const room = this.width - 22 - this.tools.paint(acts, (act) => (act.op === "turn" ? this.fan : this.group));
    const told = lines(this.title, this.words, this.short, standing), [most] = told;
    const [text, end] = told.find((line) => this.length(line.join("")) <= room) ?? told[told.length - 1];
    this.text.replaceChildren(clip(text, room - this.length(end), this.length), svg("tspan", { class: `verdict ${standing?.[0] ?? ""}` }, end));
    say(this.hint, most.join("") + (standing?.[3] ? `: ${standing[3]}` : ""));
  }
}
