import { control, html, say, set, svg } from "./dom.js";

const SMALLEST = 0.7; // a wider flow is scrolled at first, not shrunk further,
const WHOLE = 0.58; // but for one of which all is seen then
const LEAST = 0.15, MOST = 3, STEP = 1.25;
const OVERVIEW = [150, 90]; // pixels at most
const ROOM = 1.15; // so much larger than what is seen, a picture has an overview

/** @typedef {{clientX: number, clientY: number}} Point */

/** The picture's place on the page: how large it is drawn, and what part of it is seen. */
export class Stage {
  /** @param {SVGElement} picture
   * @param {HTMLElement} empty shown in its place where there is none
   * @param {AbortSignal} life */
  constructor(picture, empty, life) {
    this.picture = picture;
    this.width = this.height = 0; // of the picture at its natural size
    this.scale = 1;
    this.factor = 1; // by which it is zoomed in the next frame
    /** @type {Point|undefined} */
    this.around = undefined;
    this.chosen = 0; // a scale that somebody has chosen; 0: it follows the room
    this.out = tool("−", "zoom out");
    this.back = tool("", "fit the picture into the view");
    this.in = tool("+", "zoom in");
    this.tools = html("span", { class: "zoom" }, this.out, this.back, this.in);
    this.seen = svg("rect", { class: "seen", rx: 3 });
    this.small = svg("path", { class: "small" });
    this.overview = svg("svg", { class: "overview", "aria-hidden": "true" }, this.small, this.seen);
    this.scroll = html("div", { class: "scroll" }, picture, empty);
    this.root = html("div", { class: "stage" }, this.scroll, this.overview);
    this.shown();
    this.listen(life);
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const size = new ResizeObserver(() => this.fit());
    size.observe(this.scroll);
    signal.addEventListener("abort", () => size.disconnect());
    this.out.addEventListener("click", () => this.zoom(this.scale / STEP), { signal });
    this.in.addEventListener("click", () => this.zoom(this.scale * STEP), { signal });
    this.back.addEventListener("click", () => this.whole(), { signal });
    this.scroll.addEventListener("scroll", () => this.shown(), { signal, passive: true });
    this.scroll.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.soon(Math.exp(-event.deltaY / 300), event);
    }, { signal, passive: false });
    let ground = false; // the first of two clicks was on it: the second may be where a node has gone from
    this.scroll.addEventListener("click", (event) => { ground = !onThings(event) && (ground || event.detail < 2); }, { signal });
    this.scroll.addEventListener("dblclick", () => ground && this.whole(), { signal });
    this.pinch(signal);
    this.drag(this.scroll, signal, (event) => !event.shiftKey && !onThings(event), (dx, dy) => this.scroll.scrollBy(-dx, -dy));
    const look = (/** @type {PointerEvent} */ event) => {
      const box = this.overview.getBoundingClientRect(), [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      this.scroll.scrollTo(x * this.scroll.scrollWidth - this.scroll.clientWidth / 2, y * this.scroll.scrollHeight - this.scroll.clientHeight / 2);
    };
    this.overview.addEventListener("pointerdown", look, { signal });
    this.drag(this.overview, signal, () => true, (_dx, _dy, event) => look(event));
  }

  /** @param {Element} element
   * @param {AbortSignal} signal
   * @param {(event: PointerEvent) => boolean} begins
   * @param {(dx: number, dy: number, event: PointerEvent) => void} moved */
  drag(element, signal, begins, moved) {
    let held = -1, x = 0, y = 0;
    const on = (/** @type {string} */ name, /** @type {(event: PointerEvent) => void} */ heard) =>
      element.addEventListener(name, /** @type {EventListener} */ (heard), { signal });
    on("pointerdown", (event) => {
      if (event.button !== 0 || event.pointerType === "touch" || !begins(event)) return;
      [held, x, y] = [event.pointerId, event.clientX, event.clientY];
    });
    on("pointermove", (event) => {
      if (event.pointerId !== held) return;
      if (!element.hasPointerCapture(held)) element.setPointerCapture(held);
      moved(event.clientX - x, event.clientY - y, event);
      [x, y] = [event.clientX, event.clientY];
    });
    for (const name of ["pointerup", "pointercancel"]) on(name, () => { held = -1; });
  }

  /** Two fingers zoom; one moves it, as it moves any page.
   * @param {AbortSignal} signal */
  pinch(signal) {
    let apart = 0;
    const far = (/** @type {TouchEvent} */ { touches: [a, b] }) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    this.scroll.addEventListener("touchstart", (event) => { apart = event.touches.length === 2 ? far(event) : 0; }, { signal, passive: true });
    this.scroll.addEventListener("touchmove", (event) => {
      if (event.touches.length !== 2 || !apart) return;
      event.preventDefault();
      const now = far(event), [a, b] = event.touches;
      this.soon(now / apart, { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 });
      apart = now;
    }, { signal, passive: false });
  }

  /** Zoom once a frame, however many events there are.
   * @param {number} factor
   * @param {Point} around */
  soon(factor, around) {
    const due = this.factor !== 1;
    this.factor *= factor;
    this.around = around;
    if (due || factor === 1) return;
    requestAnimationFrame(() => {
      const all = this.factor;
      this.factor = 1;
      this.zoom(this.scale * all, this.around);
    });
  }

  /** @param {string} key */
  key(key) {
    if (key === "0") this.whole();
    else this.zoom(key === "+" ? this.scale * STEP : this.scale / STEP);
    return true;
  }

  /** Another picture is shown.
   * @param {number} width
   * @param {number} height
   * @param {string} small path data of its nodes, for the overview */
  take(width, height, small) {
    [this.width, this.height] = [width, height];
    set(this.overview, "viewBox", `0 0 ${Math.max(1, width)} ${Math.max(1, height)}`);
    set(this.small, "d", small);
    const shrunk = Math.min(OVERVIEW[0] / Math.max(1, width), OVERVIEW[1] / Math.max(1, height));
    set(this.overview, "width", Math.round(width * shrunk));
    set(this.overview, "height", Math.round(height * shrunk));
    this.fit();
  }

  /** Draw it as large as the room allows, or as somebody has chosen. */
  fit() {
    const room = this.scroll.clientWidth;
    if (!this.width || !room) return;
    this.scale = this.chosen || this.usual(room);
    set(this.picture, "width", Math.floor(this.width * this.scale));
    set(this.picture, "height", Math.floor(this.height * this.scale));
    this.shown();
  }

  /** How large it is drawn where nobody has chosen.
   * @param {number} room */
  usual(room) {
    const all = room / this.width;
    return Math.min(1, all >= WHOLE ? all : SMALLEST);
  }

  /** See all of it. */
  whole() {
    const { clientWidth, clientHeight } = this.scroll, whole = Math.min(1, clientWidth / this.width, Math.max(clientHeight, 200) / this.height);
    const now = this.scale, usual = this.usual(clientWidth);
    this.chosen = Math.abs(now - whole) < 0.01 && usual > whole ? 0 : whole < usual ? Math.max(LEAST, whole) : 0;
    this.fit();
  }

  /** @param {number} scale
   * @param {Point} [around] what stays where it is; else the middle */
  zoom(scale, around) {
    const { left, top, width, height } = this.scroll.getBoundingClientRect();
    const [x, y] = around ? [around.clientX - left, around.clientY - top] : [width / 2, height / 2];
    const before = this.scale, from = [this.scroll.scrollLeft + x, this.scroll.scrollTop + y];
    this.chosen = Math.min(MOST, Math.max(LEAST, scale));
    this.fit();
    const grown = this.scale / before;
    this.scroll.scrollTo(from[0] * grown - x, from[1] * grown - y);
  }

  /** Say how large it is, and which part is seen. */
  shown() {
    const { scrollLeft, scrollTop, clientWidth, clientHeight, scrollWidth, scrollHeight } = this.scroll;
    const large = `${Math.round(this.scale * 100)} %`;
    say(this.back, large);
    set(this.back, "aria-label", `${large}: fit the picture into the view`);
    set(this.out, "aria-disabled", this.scale <= LEAST ? "true" : "false");
    set(this.in, "aria-disabled", this.scale >= MOST ? "true" : "false");
    const over = scrollWidth > clientWidth * ROOM || scrollHeight > clientHeight * ROOM;
    this.overview.style.display = over ? "" : "none";
    if (!over) return;
    for (const [name, value] of Object.entries({ x: scrollLeft, y: scrollTop, width: clientWidth, height: clientHeight }))
      set(this.seen, name, Math.round(value / this.scale));
    set(this.seen, "stroke-width", Math.max(1, this.width / OVERVIEW[0], this.height / OVERVIEW[1]) * 1.5);
  }

  /** Scroll something into the part that is seen; the page stays where it is.
   * @param {Element|undefined} element */
  reveal(element) {
    if (!element) return;
    const node = element.getBoundingClientRect(), seen = this.scroll.getBoundingClientRect();
    const over = (/** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ from, /** @type {number} */ to) =>
      low < from ? low - from - 12 : high > to ? high - to + 12 : 0;
    this.scroll.scrollBy(over(node.left, node.right, seen.left, seen.right), over(node.top, node.bottom, seen.top, seen.bottom));
  }
}

/** @param {Event} event
 * @returns {boolean} whether it is on something that a person can press, not on the ground */
function onThings({ target }) {
  return !!(/** @type {Element} */ (target).closest(".node, .tool, .opener"));
}

/** @param {string} text
 * @param {string} name */
function tool(text, name) {
  return control("button", { "aria-label": name, title: name }, html("span", { "aria-hidden": "true" }, text));
}
