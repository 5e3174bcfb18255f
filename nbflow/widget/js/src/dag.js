import { clip, control, html, measure, redraw, say, set, svg, under } from "./dom.js";
import { Frame } from "./frame.js";
import { step } from "./walk.js";
import { said } from "./words.js";

/** @typedef {import("./types.js").Graph} Graph */
/** @typedef {import("./types.js").Look} Look */
/** @typedef {import("./types.js").Caption} Caption */
/** @typedef {{status: string, captions: Caption[], marks: Record<string, string>, groups: Record<string, import("./types.js").Group>, now: number}} Standing */
/** @typedef {{group: SVGElement, title: Element, icon: Element, lines: Element, mark: SVGElement|null, caption: Element|null, letter: string, told: string}} Drawn */

const SMALL = 10.5; // as in nbflow/core/scene.py
const HIGH = 44; // of a node without a row for its fallback
const APART = 9, INSET = 2.5; // of a hatch: as in nbflow/picture/inside.py
const SMALLEST = 0.7; // a wider flow is scrolled, not shrunk further

/** The picture of the flow: one focusable node a job. */
export class Dag {
  /** @param {Record<string, Look>} looks
   * @param {{select(at: number): void, key(at: number, key: string): boolean, group(op: string, group: string): void}} heard
   * @param {AbortSignal} life */
  constructor(looks, heard, life) {
    this.looks = looks;
    this.heard = heard;
    /** @type {Graph} */
    this.graph = { nodes: [], links: [], wires: "", frames: [], width: 0, height: 0 };
    this.text = ""; // the graph's
    /** @type {Drawn[]} */
    this.drawn = [];
    /** @type {Frame[]} */
    this.frames = [];
    this.tabbed = 0;
    this.selected = -1;
    this.whole = true; // fitted to the width
    this.picture = svg("svg", { class: "picture", role: "group", "aria-label": "jobs of the flow" });
    this.empty = html("div", { class: "empty" });
    this.zoom = control("button", { class: "zoom", "aria-label": "zoom" });
    this.scroll = html("div", { class: "scroll" }, this.picture, this.empty);
    this.root = html("div", { class: "dag" }, this.scroll);
    this.font = "sans-serif";
    this.listen(life);
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const number = (/** @type {Event} */ event) => {
      const node = /** @type {Element} */ (event.target).closest?.("[data-at]");
      return node ? Number(node.getAttribute("data-at")) : -1;
    };
    const tool = (/** @type {Event} */ event) => {
      const { op, group } = /** @type {SVGElement|null} */ (/** @type {Element} */ (event.target).closest?.(".tool"))?.dataset ?? {};
      if (op && group) this.heard.group(op, group);
      return !!op;
    };
    this.picture.addEventListener("click", (event) => tool(event) || (number(event) >= 0 && this.choose(number(event))), { signal });
    this.picture.addEventListener("focusin", (event) => number(event) >= 0 && this.tab(number(event)), { signal });
    this.picture.addEventListener("keydown", (event) => {
      const at = number(event), { key } = /** @type {KeyboardEvent} */ (event);
      const done = at >= 0 ? this.key(at, key, /** @type {KeyboardEvent} */ (event)) : (key === "Enter" || key === " ") && tool(event);
      if (done) {
        event.preventDefault();
        event.stopPropagation();
      }
    }, { signal });
    this.zoom.addEventListener("click", () => {
      this.whole = !this.whole;
      this.fit();
    }, { signal });
    const seen = new ResizeObserver(() => this.fit());
    seen.observe(this.root);
    signal.addEventListener("abort", () => seen.disconnect());
  }

  /** @param {number} at */
  choose(at) {
    this.heard.select(at);
    this.focus(at);
  }

  /** @param {number} at
   * @param {string} key
   * @param {KeyboardEvent} event */
  key(at, key, event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (key === "Enter" || key === " ") {
      this.heard.select(at);
      return true;
    }
    if (key.startsWith("Arrow") || key === "Home" || key === "End") {
      const to = step(this.graph, at, key);
      this.focus(to);
      if (this.selected >= 0 && to !== this.selected) this.heard.select(to);
      return true;
    }
    return this.heard.key(at, event.shiftKey ? key.toUpperCase() : key.toLowerCase());
  }

  /** @param {number} at */
  focus(at) {
    const node = this.drawn[at]?.group;
    if (!node) return;
    this.tab(at);
    node.focus({ preventScroll: true });
    node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** The one node that the tab key reaches.
   * @param {number} at */
  tab(at) {
    if (this.drawn[this.tabbed]) set(this.drawn[this.tabbed].group, "tabindex", -1);
    this.tabbed = this.drawn[at] ? at : 0;
    if (this.drawn[this.tabbed]) set(this.drawn[this.tabbed].group, "tabindex", 0);
  }

  /** @param {number} at -1 for none */
  select(at) {
    for (const number of [this.selected, at]) {
      const node = this.drawn[number]?.group;
      if (node) set(node, "aria-pressed", number === at ? "true" : "false");
    }
    this.selected = at;
    if (at >= 0) this.tab(at);
  }

  /** Draw a new graph; focus, selection and the page stay where they are. The same once more is not drawn again: a
   * click needs the node that the mouse was pressed on.
   * @param {Graph} graph */
  build(graph) {
    const text = JSON.stringify(graph);
    if (text === this.text) return;
    this.text = text;
    const held = this.drawn.findIndex((one) => one.group === one.group.ownerDocument.activeElement);
    const names = [held, this.tabbed, this.selected].map((at) => this.graph.nodes[at]?.[0]);
    const [focused, tabbed, selected] = names.map((name) => graph.nodes.findIndex((node) => node[0] === name));
    this.graph = graph;
    this.font = getComputedStyle(this.root).fontFamily || "sans-serif";
    set(this.picture, "viewBox", `0 0 ${Math.max(1, graph.width)} ${Math.max(1, graph.height)}`);
    this.frames = graph.frames.map((frame) => new Frame(frame, this.looks, this.font));
    const wires = svg("path", { class: "wires", d: graph.wires });
    this.drawn = graph.nodes.map((node, at) => this.node(node, at));
    this.picture.replaceChildren(...this.frames.map((frame) => frame.root), wires, ...this.drawn.map((one) => one.group));
    this.selected = selected;
    if (selected >= 0) set(this.drawn[selected].group, "aria-pressed", "true");
    this.tab(Math.max(0, tabbed));
    this.fit();
    this.drawn[focused]?.group.focus({ preventScroll: true });
  }

  /** @param {import("./types.js").Node} node
   * @param {number} at
   * @returns {Drawn} */
  node([, x, y, width, height, label, form, note], at) {
    const round = form === "node" ? 8 : 6;
    const [left, top] = { node: [10, 7], cell: [5, 6], dot: [(width - 14) / 2, (height - 14) / 2] }[form];
    const title = svg("title");
    const ring = svg("rect", { class: "ring", x: -3.5, y: -3.5, width: width + 7, height: height + 7, rx: round + 3 });
    const drawing = sign(left, top), lines = svg("path", { class: "hatch" });
    const group = svg("g", {
      class: "node", transform: `translate(${x},${y})`, tabindex: -1, role: "button", "aria-pressed": "false",
      "data-at": at, "data-lm-suppress-shortcuts": "true",
    }, title, ring, svg("rect", { class: "box", width, height, rx: round }), lines, drawing);
    const caption = form === "node" ? svg("text", { class: "small", x: 11, y: 35 }) : null;
    const mark = note ? sign(width - 21, HIGH + 1) : null;
    if (caption) group.append(svg("text", { x: 30, y: 18.5 }, label), caption);
    else if (form === "cell") group.append(svg("text", { class: "label", x: 23, y: 17 }, label));
    if (note && mark) group.append(svg("path", { class: "hatch rule", d: `M1,${HIGH - 2}H${width - 1}` }), svg("text", { class: "small", x: 11, y: HIGH + 12.5 }, note), mark);
    return { group, title, icon: drawing, lines, mark, caption, letter: "", told: "" };
  }

  /** Bring statuses and captions up to date.
   * @param {Standing} standing */
  paint({ status, captions, marks, groups, now }) {
    this.graph.nodes.forEach((node, at) => {
      const drawn = this.drawn[at], letter = status[at] ?? "";
      if (drawn.letter !== letter) {
        drawn.letter = letter;
        set(drawn.group, "class", `node s-${letter}`);
        redraw(drawn.icon, this.looks[letter]);
        set(drawn.lines, "d", letter === "U" && hatch(node[3], node[4]));
      }
      this.caption(node, drawn, captions[at], now);
      const mark = marks[at];
      if (drawn.mark) {
        redraw(drawn.mark, this.looks[mark]);
        set(drawn.mark, "class", `icon s-${mark ?? ""}`);
      }
      const told = `${node[0]}: ${this.looks[letter]?.word ?? ""}`;
      const text = said(captions[at], now);
      const fact = text && !captions[at]?.[1] && text !== this.looks[letter]?.word ? `${told}, ${text}` : told;
      const more = mark ? `${fact}; ${node[7]} ${this.looks[mark]?.word}` : fact;
      if (drawn.told !== more) {
        drawn.told = more;
        set(drawn.group, "aria-label", more);
        say(drawn.title, more);
      }
    });
    for (const frame of this.frames) frame.paint(under(groups, frame.group));
  }

  /** Let the times of captions go on.
   * @param {Caption[]} captions
   * @param {number} now */
  tick(captions, now) {
    this.graph.nodes.forEach((node, at) => {
      if (captions[at]?.[1]) this.caption(node, this.drawn[at], captions[at], now);
    });
  }

  /** @param {import("./types.js").Node} node
   * @param {Drawn} drawn
   * @param {Caption|undefined} caption
   * @param {number} now */
  caption(node, drawn, caption, now) {
    if (!drawn.caption) return;
    const text = said(caption, now);
    if (drawn.caption.getAttribute("data-whole") === text) return;
    set(drawn.caption, "data-whole", text);
    say(drawn.caption, clip(text, node[3] - 20, (words) => measure(words, `${SMALL}px ${this.font}`)));
  }

  /** Take the width there is, down to a size that can still be read. */
  fit() {
    const { width, height } = this.graph;
    const room = this.scroll.clientWidth;
    if (!width || !room) return;
    const fitted = Math.min(1, Math.max(SMALLEST, room / width));
    const scale = this.whole ? fitted : 1;
    set(this.picture, "width", Math.floor(width * scale));
    set(this.picture, "height", Math.floor(height * scale));
    this.zoom.hidden = fitted === 1;
    say(this.zoom, this.whole ? "full size" : "fit width");
    set(this.zoom, "aria-label", this.whole ? "show the picture in full size" : "fit the picture to the width");
    this.reveal(this.selected);
  }

  /** Scroll a node into the part that is seen; the page stays where it is.
   * @param {number} at */
  reveal(at) {
    const node = this.drawn[at]?.group.getBoundingClientRect(), seen = this.scroll.getBoundingClientRect();
    if (!node) return;
    const over = (/** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ from, /** @type {number} */ to) =>
      low < from ? low - from - 12 : high > to ? high - to + 12 : 0;
    this.scroll.scrollBy(over(node.left, node.right, seen.left, seen.right), over(node.top, node.bottom, seen.top, seen.bottom));
  }

  /** @param {string} text shown instead of the picture, or empty */
  say(text) {
    say(this.empty, text);
    this.empty.hidden = !text;
    this.picture.style.display = text ? "none" : "";
  }
}

/** A place for a status's drawing.
 * @param {number} x
 * @param {number} y */
function sign(x, y) {
  return svg("g", { class: "icon", transform: `translate(${x},${y})` }, svg("path", { class: "line" }), svg("path", { class: "area" }));
}

/** Slanting lines inside a box: seen where a person gave the outputs.
 * @param {number} width
 * @param {number} height */
function hatch(width, height) {
  const wide = width - 2 * INSET, high = height - 2 * INSET, lines = [];
  for (let reach = 5; reach < Math.floor(wide + high) - 4; reach += APART) {
    const a = Math.min(reach, wide), b = Math.min(reach, high);
    lines.push(`M${INSET + a},${INSET + reach - a}L${INSET + reach - b},${INSET + b}`);
  }
  return lines.join("");
}
