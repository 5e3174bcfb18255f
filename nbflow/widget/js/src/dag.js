import { Band } from "./band.js";
import { beside } from "./cells.js";
import { control, html, measure, redraw, say, set, svg, under } from "./dom.js";
import { Frame } from "./frame.js";
import { far, hatch, sign } from "./marks.js";
import { streams, wiresIn } from "./reach.js";
import { how, touched } from "./selection.js";
import { clip, fitted, isolated } from "./signs.js";
import { Stage } from "./stage.js";
import { Strip } from "./strip.js";
import { step } from "./walk.js";
import { said } from "./words.js";

/** @typedef {import("./types.js").Graph} Graph */
/** @typedef {import("./types.js").Look} Look */
/** @typedef {import("./types.js").Caption} Caption */
/** @typedef {import("./selection.js").How} How */
/** @typedef {{status: string, wanted: boolean[]|null, captions: Caption[], marks: Record<string, string>, progress: Record<string, [share: number|null, text: string]>, groups: Record<string, import("./types.js").Group>, now: number}} Standing */
/** @typedef {{group: SVGElement, outer: SVGElement, strip: Strip|null, title: Element, icon: Element, lines: Element, mark: SVGElement|null, caption: Element|null,
 *   bar: SVGElement|null, letter: string, told: string}} Drawn */

const NAME = 12.5, SMALL = 10.5; // as in nbflow/core/scene.py
const HIGH = 44; // of a node without a row for its fallback
const REST = 120; // milliseconds that the mouse rests on a node before what depends on it stands out

/** The picture of the flow: a focusable node for each job, or for many of them. Jobs go by their numbers, nodes too. */
export class Dag {
  /** @param {Record<string, Look>} looks
   * @param {import("./jobs.js").Jobs} jobs
   * @param {{select(job: number, how?: How, from?: number): void, several(jobs: number[], add: boolean): void, key(job: number, key: string): boolean, tool(op: string, whom: string): void}} heard
   * @param {AbortSignal} life */
  constructor(looks, jobs, heard, life) {
    this.looks = looks;
    this.jobs = jobs;
    this.heard = heard;
    /** @type {Graph} */
    this.graph = { nodes: [], links: [], wires: [], stands: [], ends: [], frames: [], fans: {}, members: {}, made: [], makers: {}, width: 0, height: 0 };
    this.text = ""; // the graph's
    /** @type {Drawn[]} */
    this.drawn = [];
    /** @type {Frame[]} */
    this.frames = [];
    this.tabbed = 0;
    this.selected = -1; // a job
    /** @type {Set<number>} */
    this.many = new Set(); // jobs that are selected together
    this.status = "";
    /** @type {SVGElement[]} */
    this.wires = [];
    this.traced = -1; // the node whose streams stand out
    /** @type {any} */
    this.resting = undefined;
    this.picture = svg("svg", { class: "picture", role: "group", "aria-label": "jobs of the flow" });
    this.empty = html("div", { class: "empty" });
    this.stage = new Stage(this.picture, this.empty, life);
    new Band(this.stage, (area) => this.heard.several(touched(this.graph, this.jobs.of, area), true), life);
    this.tip = html("div", { class: "tip", "aria-hidden": "true" });
    this.tip.hidden = true;
    this.root = html("div", { class: "dag" }, this.stage.root, this.tip);
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
      const { op, whom } = /** @type {SVGElement|null} */ (/** @type {Element} */ (event.target).closest?.("[data-op]"))?.dataset ?? {};
      if (op && whom) this.heard.tool(op, whom);
      return !!op;
    };
    this.picture.addEventListener("click", (event) => (event.detail > 1 && /** @type {Element} */ (event.target).closest("[data-op]")) || tool(event) || (number(event) >= 0 && this.choose(number(event), this.place(number(event), event), how(event))), { signal });
    this.picture.addEventListener("pointermove", (event) => this.hover(number(event), event), { signal });
    this.picture.addEventListener("pointerleave", () => this.hover(-1), { signal });
    this.picture.addEventListener("focusin", (event) => number(event) >= 0 && this.tab(number(event)), { signal });
    this.picture.addEventListener("keydown", (event) => {
      const at = number(event), { key } = /** @type {KeyboardEvent} */ (event);
      const done = at >= 0 ? this.key(at, key, /** @type {KeyboardEvent} */ (event)) : (key === "Enter" || key === " ") && tool(event);
      if (done) {
        event.preventDefault();
        event.stopPropagation();
      }
    }, { signal });
    this.picture.addEventListener("focusout", () => this.trace(-1), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.resting));
  }

  /** @param {number} at
   * @param {number} place of a cell, -1 where the node has none there
   * @param {How} how */
  choose(at, place, how) {
    const strip = this.drawn[at]?.strip;
    if (strip && place >= 0) strip.point(place);
    if (!strip || place >= 0) this.heard.select(strip ? strip.jobs[place] : this.jobs.of[at][0], how);
    else if (how === "alone") this.heard.tool("open", strip.name);
    else this.heard.several(strip.jobs, true);
    this.focus(at);
  }

  /** The cell under the mouse, or -1.
   * @param {number} at
   * @param {MouseEvent} event */
  place(at, event) {
    return this.drawn[at]?.strip?.at(event) ?? -1;
  }

  /** Name the cell under the mouse.
   * @param {number} at
   * @param {MouseEvent} [event] */
  hover(at, event) {
    if (at !== this.traced) {
      clearTimeout(this.resting);
      this.resting = setTimeout(() => this.trace(at), REST);
    }
    const strip = this.drawn[at]?.strip, place = event ? this.place(at, event) : -1;
    this.tip.hidden = !strip || place < 0;
    if (!strip || !event || place < 0) return;
    const around = this.root.getBoundingClientRect(), left = event.clientX - around.left;
    say(this.tip, this.told(strip.jobs[place]));
    this.tip.style.top = `${event.clientY - around.top + 16}px`;
    this.tip.style.left = `${Math.max(4, Math.min(left + 10, around.width - this.tip.offsetWidth - 4))}px`;
  }

  /** Let what a node needs, and what needs it, stand out.
   * @param {number} at -1 for none */
  trace(at) {
    clearTimeout(this.resting);
    if (at === this.traced) return;
    this.traced = at;
    this.picture.classList.toggle("traced", at >= 0);
    if (at < 0) return;
    const found = streams(this.graph, at), along = wiresIn(this.graph, found);
    this.drawn.forEach((one, node) => one.outer.classList.toggle("near", found.above.has(node) || found.below.has(node)));
    this.wires.forEach((wire, number) => wire.classList.toggle("near", along[number]));
  }

  /** @param {number} job */
  told(job) {
    return `${isolated(this.jobs.names[job])}: ${this.looks[this.status[job]]?.word ?? ""}`;
  }

  /** @param {number} at
   * @param {string} key
   * @param {KeyboardEvent} event */
  key(at, key, event) {
    if ((event.ctrlKey || event.metaKey || event.altKey) && key !== " ") return false;
    const strip = this.drawn[at].strip, job = strip ? strip.jobs[strip.cursor] : this.jobs.of[at][0];
    if (key === " " && (event.shiftKey || event.ctrlKey)) {
      if (strip && strip.cursor < 0) this.heard.several(strip.jobs, true);
      else this.heard.select(job, "beside");
      return true;
    }
    if (key === "Enter" || key === " ") {
      if (strip && strip.cursor < 0) this.enter(strip, strip.first());
      else this.heard.select(job);
      return true;
    }
    if (strip && key === "Escape" && strip.cursor >= 0) {
      strip.point(-1);
      set(strip.root, "aria-label", strip.told(strip.caption.textContent ?? ""));
      return true;
    }
    if (key.startsWith("Arrow") || key === "Home" || key === "End") {
      const within = strip && strip.cursor >= 0 ? beside(strip.cells, strip.jobs.length, strip.cursor, key) : -1;
      if (strip && within >= 0) {
        this.enter(strip, within, event.shiftKey ? job : -1);
        return true;
      }
      strip?.point(-1);
      const to = step(this.graph, at, key), alone = !this.drawn[to].strip;
      this.focus(to);
      if (event.shiftKey && job !== undefined && to !== at && alone) this.heard.select(this.jobs.of[to][0], "range", job);
      else if (this.selected >= 0 && to !== at && alone) this.heard.select(this.jobs.of[to][0]);
      return true;
    }
    return job !== undefined && this.heard.key(job, event.shiftKey ? key.toUpperCase() : key.toLowerCase());
  }

  /** Go to a cell of a strip.
   * @param {Strip} strip
   * @param {number} place
   * @param {number} [from] the job from which on all are selected */
  enter(strip, place, from = -1) {
    strip.point(place);
    set(strip.root, "aria-label", this.told(strip.jobs[place]));
    if (from >= 0) this.heard.select(strip.jobs[place], "range", from);
    else if (this.selected >= 0) this.heard.select(strip.jobs[place]);
  }

  /** @param {number} at */
  focus(at) {
    const node = this.drawn[at]?.group;
    if (!node) return;
    this.tab(at);
    node.focus({ preventScroll: true });
    node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** @param {number} job */
  focusJob(job) {
    const at = this.jobs.node[job] ?? -1, strip = this.drawn[at]?.strip;
    strip?.point(strip.jobs.indexOf(job));
    this.focus(at);
  }

  /** The one node that the tab key reaches.
   * @param {number} at */
  tab(at) {
    if (this.drawn[this.tabbed]) set(this.drawn[this.tabbed].group, "tabindex", -1);
    this.tabbed = this.drawn[at] ? at : 0;
    if (this.drawn[this.tabbed]) set(this.drawn[this.tabbed].group, "tabindex", 0);
  }

  /** @param {number} job -1 for none
   * @param {Set<number>} many jobs selected together */
  select(job, many) {
    for (const one of [this.selected, job]) this.mark(one, one === job && job >= 0);
    this.selected = job;
    if (job >= 0) this.tab(this.jobs.node[job]);
    if (!many.size && !this.many.size) return;
    this.many = many;
    this.drawn.forEach((drawn, at) => {
      const jobs = this.jobs.of[at], some = jobs.some((one) => many.has(one));
      set(drawn.group, "aria-pressed", some || this.jobs.node[job] === at ? "true" : "false");
      drawn.strip?.choose(some && many.size ? [...jobs.keys()].filter((place) => many.has(jobs[place])) : []);
    });
  }

  /** @param {number} job
   * @param {boolean} on */
  mark(job, on) {
    const drawn = this.drawn[this.jobs.node[job]];
    if (!drawn) return;
    set(drawn.group, "aria-pressed", on ? "true" : "false");
    const place = drawn.strip?.jobs.indexOf(job);
    if (on) drawn.strip?.point(place ?? -1);
    else if (drawn.strip?.cursor === place) drawn.strip?.point(-1); // keys have not gone on from there
  }

  /** Draw a new graph; focus, selection and the page stay where they are. The same once more is not drawn again: a
   * click needs the node that the mouse was pressed on.
   * @param {Graph} graph */
  build(graph) {
    const text = JSON.stringify(graph);
    if (text === this.text) return;
    this.text = text;
    const held = this.drawn.findIndex((one) => one.group === one.group.ownerDocument.activeElement);
    const names = [held, this.tabbed].map((at) => this.graph.nodes[at]?.[0]);
    const [focused, tabbed] = names.map((name) => graph.nodes.findIndex((node) => node[0] === name));
    this.graph = graph;
    this.font = getComputedStyle(this.root).fontFamily || "sans-serif";
    set(this.picture, "viewBox", `0 0 ${Math.max(1, graph.width)} ${Math.max(1, graph.height)}`);
    this.frames = graph.frames.map((frame) => this.frame(frame));
    this.wires = graph.wires.map((d, at) => svg("path", { d, class: graph.made.includes(at) && "made" }));
    this.trace(-1);
    const wires = svg("g", { class: "wires" }, ...this.wires);
    this.drawn = graph.nodes.map((node, at) => (node[9] ? this.strip(node, at) : this.node(node, at)));
    this.picture.replaceChildren(...this.frames.map((frame) => frame.root), wires, ...this.drawn.map((one) => one.outer));
    this.selected = -1;
    this.many = new Set();
    this.tab(Math.max(0, tabbed));
    this.stage.take(graph.width, graph.height, graph.nodes.map(([, x, y, width, height]) => `M${x},${y}h${width}v${height}h${-width}z`).join(""));
    this.drawn[focused]?.group.focus({ preventScroll: true });
  }

  /** @param {import("./types.js").Frame} frame */
  frame(frame) {
    const [fan = "", count = 0] = Object.entries(this.graph.fans).filter(([, [group, , folded]]) => group === frame[0] && !folded)
      .map(([name, [, jobs]]) => /** @type {[string, number]} */ ([name, jobs]))[0] ?? [];
    return new Frame(frame, this.looks, this.font, fan, count);
  }

  /** @param {import("./types.js").Node} node
   * @param {number} at
   * @returns {Drawn} */
  strip(node, at) {
    const strip = new Strip(node, at, this.jobs.of[at], this.looks, this.font, under(this.graph.fans, node[0]),
      this.graph.frames.some(([group]) => group && group === under(this.graph.fans, node[0])?.[0]));
    return { group: strip.root, outer: strip.outer, strip, title: strip.title, icon: strip.icon, lines: strip.grid, mark: null, caption: null, bar: null, letter: "", told: "" };
  }

  /** @param {import("./types.js").Node} node
   * @param {number} at
   * @returns {Drawn} */
  node([, x, y, width, height, label, form, , note, , badges = []], at) {
    const round = form === "node" ? 8 : 6;
    const [left, top] = form === "cell" ? [5, 6] : [10, 7];
    const title = svg("title");
    const ring = svg("rect", { class: "ring", x: -3.5, y: -3.5, width: width + 7, height: height + 7, rx: round + 3 });
    const drawing = sign(left, top), lines = svg("path", { class: "hatch" });
    const group = svg("g", {
      class: "node", tabindex: -1, role: "button", "aria-pressed": "false",
      "data-at": at, "data-lm-suppress-shortcuts": "true",
    }, title, ring, svg("rect", { class: "box", width, height, rx: round }), lines, drawing);
    const caption = form === "node" ? svg("text", { class: "small", x: 11, y: 35 }) : null;
    const words = svg("g", { class: "said", "aria-hidden": "true" }); // beside the button: its name says more, and does not tick
    const mark = note ? sign(width - 21, HIGH + 1) : null;
    const bar = form === "node" ? svg("rect", { class: "progress", x: 1.5, y: HIGH - 4.5, height: 3, rx: 1.5 }) : null;
    badges.forEach((name, place) => group.append(this.badge(name, width - 20 - place * 17)));
    if (bar) group.append(bar);
    const written = (/** @type {number} */ room, /** @type {number} */ size) => fitted(label, room, (text) => measure(text, `${size}px ${this.font}`));
    if (caption) words.append(svg("text", { x: 30, y: 18.5 }, written(width - 36, NAME)), caption);
    else words.append(svg("text", { class: "label", x: 23, y: 17 }, written(width - 26, SMALL)));
    if (note && mark) {
      group.append(svg("path", { class: "hatch rule", d: `M1,${HIGH - 2}H${width - 1}` }), mark);
      words.append(svg("text", { class: "small", x: 11, y: HIGH + 12.5 }, note));
    }
    return { group, outer: svg("g", { class: "spot", transform: `translate(${x},${y})` }, group, words), strip: null, title, icon: drawing, lines, mark, caption, bar, letter: "", told: "" };
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

  /** Bring statuses and captions up to date.
   * @param {Standing} standing */
  paint({ status, wanted, captions, marks, progress, groups, now }) {
    this.picture.classList.toggle("filtered", wanted !== null);
    this.status = status;
    this.graph.nodes.forEach((node, at) => {
      const drawn = this.drawn[at], letter = status[node[7][0]] ?? "";
      if (drawn.strip) {
        drawn.strip.paint(status, captions[at], under(groups, drawn.strip.group));
        drawn.outer.classList.toggle("out", drawn.strip.leave(wanted));
        return;
      }
      if (drawn.letter !== letter) {
        drawn.group.classList.remove(`s-${drawn.letter}`);
        drawn.group.classList.add(`s-${letter}`);
        drawn.letter = letter;
        redraw(drawn.icon, this.looks[letter]);
        set(drawn.lines, "d", letter === "U" && hatch(node[3], node[4]));
      }
      drawn.outer.classList.toggle("out", wanted !== null && !wanted[node[7][0]]);
      if (drawn.bar) drawn.outer.dataset.far = far(drawn.bar, node[3] - 3, letter === "R" ? progress[at] : undefined);
      this.caption(node, drawn, captions[at], now);
      const mark = marks[at];
      if (drawn.mark) {
        redraw(drawn.mark, this.looks[mark]);
        set(drawn.mark, "class", `icon s-${mark ?? ""}`);
      }
      const told = `${node[0]}: ${this.looks[letter]?.word ?? ""}`;
      const text = said(captions[at], now);
      const fact = text && !captions[at]?.[1] && text !== this.looks[letter]?.word ? `${told}, ${text}` : told;
      const maker = this.graph.makers[at];
      const more = [fact, ...(mark ? [`${node[8]} ${this.looks[mark]?.word}`] : []), ...(maker ? [`made by ${maker}`] : []),
        ...(node[10] ?? []).map((name) => this.looks[name]?.word ?? name)].join("; ");
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
      if (captions[at]?.[1] && !this.drawn[at].strip) this.caption(node, this.drawn[at], captions[at], now);
    });
  }

  /** @param {import("./types.js").Node} node
   * @param {Drawn} drawn
   * @param {Caption|undefined} caption
   * @param {number} now */
  caption(node, drawn, caption, now) {
    if (!drawn.caption) return;
    const text = said(caption, now) + (drawn.outer.dataset.far ?? "");
    if (drawn.caption.getAttribute("data-whole") === text) return;
    set(drawn.caption, "data-whole", text);
    say(drawn.caption, clip(text, node[3] - 20, (words) => measure(words, `${SMALL}px ${this.font}`)));
  }

  /** @param {string} text shown instead of the picture, or empty */
  say(text) {
    say(this.empty, text);
    this.empty.hidden = !text;
    this.picture.style.display = text ? "none" : "";
  }
}
