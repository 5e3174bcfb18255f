import { icon, say, set, svg } from "./dom.js";

export const TOUCH = 37; // pixels: 24 of the page where the picture is shrunk to 65 %
const SIDE = 24;

/** Small buttons in a row, from the right to the left. */
export class Tools {
  /** @param {number} right where the row ends
   * @param {number} top
   * @param {Record<string, import("./types.js").Look>} looks */
  constructor(right, top, looks) {
    this.right = right;
    this.top = top;
    this.looks = looks;
    this.root = svg("g", { class: "tools" });
    /** @type {Map<string, SVGElement>} */
    this.drawn = new Map();
  }

  /** Show what can be done now.
   * @param {import("./actions.js").Tool[]} acts
   * @param {(act: import("./actions.js").Tool) => string} whom what it is done to
   * @returns {number} the pixels it takes */
  paint(acts, whom) {
    let left = this.right, taken = 0;
    for (const act of acts) {
      const drawn = this.tool(act, whom(act));
      if (act.no && drawn.ownerDocument.activeElement === drawn) /** @type {SVGElement|undefined} */ ([...this.drawn.values()].find((one) => one !== drawn))?.focus();
      drawn.style.display = act.no ? "none" : "";
      if (act.no) continue;
      set(drawn, "transform", `translate(${left - SIDE},${this.top})`);
      taken = this.right - left + SIDE;
      left -= TOUCH;
      set(drawn, "aria-label", act.name);
      say(drawn.children[0], `${act.name}. ${act.does[0].toUpperCase()}${act.does.slice(1)}.`);
    }
    return taken;
  }

  /** @param {import("./actions.js").Tool} act
   * @param {string} whom */
  tool(act, whom) {
    const known = this.drawn.get(act.op);
    if (known) return known;
    const drawing = icon(act.look ?? this.looks[act.letter]);
    for (const [name, value] of Object.entries({ x: (SIDE - 12) / 2, y: (SIDE - 12) / 2, width: 12, height: 12 })) set(drawing, name, value);
    const made = svg("g", { class: "tool", role: "button", tabindex: 0, "data-whom": whom, "data-op": act.op, "data-lm-suppress-shortcuts": "true" },
      svg("title"), svg("rect", { class: "touch", x: (SIDE - TOUCH) / 2, y: SIDE + 2 - TOUCH, width: TOUCH, height: TOUCH }), svg("rect", { class: "halo", width: SIDE, height: SIDE, rx: 6 }), drawing);
    this.drawn.set(act.op, made);
    this.root.append(made);
    return made;
  }
}
