import { groupActions } from "./actions.js";
import { clip, icon, measure, say, set, svg } from "./dom.js";

const SMALL = 10.5, TOOL = 24; // pixels

/** The region behind a group's members: its title, what its policy decided, and what can be done with all of it. */
export class Frame {
  /** @param {import("./types.js").Frame} frame
   * @param {Record<string, import("./types.js").Look>} looks
   * @param {string} font */
  constructor([group, x, y, width, height, title], looks, font) {
    this.group = group;
    this.title = title;
    this.width = width;
    this.length = (/** @type {string} */ words) => measure(words, `${SMALL}px ${font}`);
    this.text = svg("text", { x: x + 12, y: y + 19 });
    this.told = "";
    this.tools = title && group ? groupActions(group, undefined).map((act) => tool(act, group, looks)) : [];
    this.corner = [x + width - 4, y + 2];
    this.root = svg("g", { class: "frame" }, svg("rect", { x, y, width, height, rx: 12 }), this.text, ...this.tools);
  }

  /** @param {import("./types.js").Group|undefined} standing */
  paint(standing) {
    if (!this.title) return;
    const word = standing && standing[0] !== "undecided" ? standing[0] : "";
    const key = JSON.stringify([word, standing?.[4], standing?.[5]]);
    if (this.told === key) return;
    this.told = key;
    const room = this.width - 22 - this.tool(standing);
    const roomy = this.length(`${this.title} · ${word}`) <= room;
    const end = !word ? "" : roomy ? ` · ${word}` : word === "met" ? " ✓" : " ✕";
    this.text.replaceChildren(clip(this.title, room - this.length(end), this.length), svg("tspan", { class: `verdict ${word}` }, end));
  }

  /** Show what can be done now.
   * @param {import("./types.js").Group|undefined} standing
   * @returns {number} the pixels it takes */
  tool(standing) {
    let left = this.corner[0];
    groupActions(this.group, standing).forEach(({ name, does, no }, at) => {
      const drawn = this.tools[at];
      if (!drawn) return;
      if (no && drawn.ownerDocument.activeElement === drawn) /** @type {SVGElement|undefined} */ (this.tools.find((one) => one !== drawn))?.focus();
      drawn.style.display = no ? "none" : "";
      if (no) return;
      left -= TOOL;
      set(drawn, "transform", `translate(${left},${this.corner[1]})`);
      set(drawn, "aria-label", name);
      say(drawn.children[0], `${name}. ${does[0].toUpperCase()}${does.slice(1)}.`);
    });
    return this.corner[0] - left;
  }
}

/** @param {{op: string, letter: string}} action
 * @param {string} group
 * @param {Record<string, import("./types.js").Look>} looks */
function tool({ op, letter }, group, looks) {
  const drawing = icon(looks[letter]);
  set(drawing, "x", (TOOL - 12) / 2);
  set(drawing, "y", (TOOL - 12) / 2);
  set(drawing, "width", 12);
  set(drawing, "height", 12);
  return svg("g", { class: "tool", role: "button", tabindex: 0, "data-group": group, "data-op": op, "data-lm-suppress-shortcuts": "true" },
    svg("title"), svg("rect", { class: "touch", width: TOOL, height: TOOL, rx: 6 }), drawing);
}
