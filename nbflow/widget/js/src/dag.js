import { Band } from "./band.js";
import { Box } from "./box.js";
import { beside } from "./cells.js";
import { html, say, set, svg, under } from "./dom.js";
import { Frame } from "./frame.js";
import { Glide } from "./glide.js";
import { streams, wiresIn } from "./reach.js";
import { how, touched } from "./selection.js";
import { isolated } from "./signs.js";
import { Stage } from "./stage.js";
import { Strip } from "./strip.js";
import { step } from "./walk.js";

/** @typedef {import("./types.js").Graph} Graph */
/** @typedef {import("./types.js").Look} Look */
/** @typedef {import("./types.js").Caption} Caption */
/** @typedef {import("./selection.js").How} How */
/** @typedef {{status: string, wanted: boolean[]|null, captions: Caption[], marks: Record<string, string>, progress: Record<string, [share: number|null, text: string]>, groups: Record<string, import("./types.js").Group>, now: number}} Standing */
/** @typedef {{key: string, name: string, group: SVGElement, outer: SVGElement, x: number, y: number, strip: Strip|null, box: Box|null}} Drawn */

const MANY = 120; // nodes: no movement for more than these
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
    this.chosen = ""; // its name
    /** @type {string[]} */
    this.together = []; // their names
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
    this.layers = ["ghosts", "frames", "wires", "spots"].map((name) => svg("g", { class: name, "aria-hidden": name === "ghosts" && "true" }));
    this.picture.append(...this.layers);
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
    this.root.addEventListener("focusin", (event) => number(event) >= 0 && this.tab(number(event)), { signal });
    this.picture.addEventListener("keydown", (event) => {
      const at = number(event), { key } = /** @type {KeyboardEvent} */ (event);
      const done = at >= 0 ? this.key(at, key, /** @type {KeyboardEvent} */ (event)) : (key === "Enter" || key === " ") && tool(event);
      if (done) {
        event.preventDefault();
        event.stopPropagation();
      }
    }, { signal });
    this.root.addEventListener("focusout", () => this.trace(-1), { signal }); // an SVG element that heard of the focus would take it
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
    this.chosen = this.jobs.names[job] ?? "";
    this.together = [...many].map((one) => this.jobs.names[one]);
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

  /** Draw a new graph. What stays is the same element as before: focus, selection and a press of the mouse go on.
   * @param {Graph} graph */
  build(graph) {
    const text = JSON.stringify(graph);
    if (text === this.text) return;
    const spots = this.spots(), glide = new Glide(spots, this.text !== "" && this.root.isConnected);
    this.text = text;
    const held = this.drawn.find((one) => one.group === one.group.ownerDocument.activeElement);
    const [focused, tabbed] = [held, this.drawn[this.tabbed]].map((one) => graph.nodes.findIndex((node) => node[0] === one?.name));
    this.trace(-1);
    this.graph = graph;
    this.font = getComputedStyle(this.root).fontFamily || "sans-serif";
    set(this.picture, "viewBox", `0 0 ${Math.max(1, graph.width)} ${Math.max(1, graph.height)}`);
    this.picture.classList.toggle("many", graph.nodes.length > MANY);
    const [ghosts, frames, wires, nodes] = this.layers, known = new Set(this.wires.map((wire) => wire.getAttribute("d")));
    this.frames = this.framed(graph.frames);
    this.wires = graph.wires.map((d, at) => svg("path", { d, class: graph.made.includes(at) && "made" }));
    this.drawn = this.placed(graph.nodes);
    const now = this.spots(), there = new Set(now.map((spot) => spot.outer));
    for (const spot of spots) if (!there.has(spot.outer)) glide.away(spot, ghosts);
    inOrder(frames, this.frames.map((frame) => frame.outer));
    wires.replaceChildren(...this.wires);
    inOrder(nodes, this.drawn.map((one) => one.outer));
    [this.selected, this.many] = [-1, new Set()];
    this.tab(Math.max(0, tabbed));
    this.select(this.jobs.number(this.chosen), new Set(this.together.map((name) => this.jobs.number(name)).filter((job) => job >= 0)));
    this.stage.take(graph.width, graph.height, graph.nodes.map(([, x, y, width, height]) => `M${x},${y}h${width}v${height}h${-width}z`).join(""));
    if (held && !there.has(held.outer)) this.drawn[focused]?.group.focus({ preventScroll: true });
    glide.begin(now, this.wires, known);
  }

  /** All that has a place in the picture. */
  spots() {
    return [...this.frames, ...this.drawn];
  }

  /** @param {import("./types.js").Frame[]} frames */
  framed(frames) {
    const known = new Map(this.frames.map((frame) => [frame.key, frame]));
    return frames.map((frame) => {
      const [fan = "", count = 0] = Object.entries(this.graph.fans).filter(([, [group, , folded]]) => group === frame[0] && !folded)
        .map(([name, [, jobs]]) => /** @type {[string, number]} */ ([name, jobs]))[0] ?? [];
      const [group, , , , , ...words] = frame, key = JSON.stringify([group, words, fan, count]);
      const drawn = known.get(key) ?? new Frame(frame, this.looks, this.font, fan, count, key);
      known.delete(key);
      drawn.stand(frame);
      return drawn;
    });
  }

  /** @param {import("./types.js").Node[]} nodes
   * @returns {Drawn[]} */
  placed(nodes) {
    const known = new Map(this.drawn.map((one) => [one.key, one])), framed = new Set(this.graph.frames.map(([group]) => group));
    return nodes.map((node, at) => {
      const [name, x, y, width, height, label, form, , note, cells, badges] = node, jobs = this.jobs.of[at];
      const fan = cells ? under(this.graph.fans, name) : undefined, alone = !fan?.[0] || !framed.has(fan[0]);
      const key = JSON.stringify([name, width, height, label, form, note, cells, badges, fan, alone]);
      const drawn = known.get(key) ?? this.spot(node, fan, alone, key);
      known.delete(key);
      [drawn.x, drawn.y] = [x, y];
      (drawn.strip ?? drawn.box)?.stand(x, y, at, jobs);
      return drawn;
    });
  }

  /** @param {import("./types.js").Node} node
   * @param {[string, number, boolean, boolean]|undefined} fan
   * @param {boolean} alone its group has no frame
   * @param {string} key
   * @returns {Drawn} */
  spot(node, fan, alone, key) {
    const name = node[0];
    if (node[9]) {
      const strip = new Strip(node, this.looks, this.font, fan, !alone);
      return { key, name, group: strip.root, outer: strip.outer, x: 0, y: 0, strip, box: null };
    }
    const box = new Box(node, this.looks, this.font);
    return { key, name, group: box.group, outer: box.outer, x: 0, y: 0, strip: null, box };
  }

  /** Bring statuses and captions up to date.
   * @param {Standing} standing */
  paint(standing) {
    const { status, wanted, captions, groups } = standing;
    this.picture.classList.toggle("filtered", wanted !== null);
    this.status = status;
    this.drawn.forEach(({ strip, box, outer }, at) => {
      box?.paint(standing, this.graph.makers[at]);
      if (!strip) return;
      strip.paint(status, captions[at], under(groups, strip.group));
      outer.classList.toggle("out", strip.leave(wanted));
    });
    for (const frame of this.frames) frame.paint(under(groups, frame.group));
  }

  /** Let the times of captions go on.
   * @param {Caption[]} captions
   * @param {number} now */
  tick(captions, now) {
    this.drawn.forEach(({ box }, at) => captions[at]?.[1] && box?.tick(captions[at], now));
  }

  /** @param {string} text shown instead of the picture, or empty */
  say(text) {
    say(this.empty, text);
    this.empty.hidden = !text;
    this.picture.style.display = text ? "none" : "";
  }
}

/** Let the children of *parent* be just *wanted*; those that are in their order already are not touched.
 * @param {Element} parent
 * @param {Element[]} wanted */
function inOrder(parent, wanted) {
  let next = parent.firstElementChild;
  for (const one of wanted) {
    if (one === next) next = next.nextElementSibling;
    else parent.insertBefore(one, next);
  }
  while (next) {
    const gone = next;
    next = next.nextElementSibling;
    gone.remove();
  }
}
