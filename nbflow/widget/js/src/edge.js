import { control, set } from "./dom.js";

const LEAST = 280, USUAL = 380, STEP = 24; // pixels
const PICTURE = 240; // pixels that are left to the picture
const WIDTH = "--nbflow-drawer";

/** The edge between picture and drawer: dragged, or moved by arrow keys. All views of a page keep what was chosen in one. */
export class Edge {
  /** @param {() => HTMLElement} drawer
   * @param {AbortSignal} signal */
  constructor(drawer, signal) {
    this.drawer = drawer;
    this.page = document.documentElement;
    this.root = control("div", { class: "edge", role: "separator", tabindex: 0, "aria-orientation": "vertical", "aria-valuemin": LEAST, "aria-valuenow": USUAL, "aria-label": "width of the drawer", title: "drag, or arrow keys: width of the drawer; double click: the usual one" });
    this.root.addEventListener("pointerdown", (event) => this.drag(event), { signal });
    this.root.addEventListener("dblclick", () => this.forget(), { signal });
    this.root.addEventListener("keydown", (event) => this.keydown(event), { signal });
    this.root.addEventListener("focus", () => this.tell(), { signal });
  }

  get width() {
    return this.drawer().getBoundingClientRect().width;
  }

  get most() {
    return Math.max(LEAST, (this.drawer().parentElement?.clientWidth ?? 1000) - PICTURE);
  }

  /** @param {number} width */
  put(width) {
    this.page.style.setProperty(WIDTH, `${Math.round(Math.min(this.most, Math.max(LEAST, width)))}px`);
    this.tell();
  }

  forget() {
    this.page.style.removeProperty(WIDTH);
    this.tell();
  }

  tell() {
    set(this.root, "aria-valuemin", LEAST);
    set(this.root, "aria-valuemax", Math.round(this.most));
    set(this.root, "aria-valuenow", Math.round(this.width));
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.root.focus();
    const start = event.clientX, width = this.width, hand = new AbortController();
    const towards = getComputedStyle(this.drawer()).direction === "rtl" ? 1 : -1;
    this.root.setPointerCapture(event.pointerId);
    this.root.addEventListener("pointermove", ({ clientX }) => this.put(width + towards * (clientX - start)), hand);
    for (const end of ["pointerup", "pointercancel"]) this.root.addEventListener(end, () => hand.abort(), hand);
  }

  /** @param {KeyboardEvent} event */
  keydown(event) {
    const { key } = event, step = STEP * (event.shiftKey ? 4 : 1);
    if (key === "ArrowLeft") this.put(this.width + step);
    else if (key === "ArrowRight") this.put(this.width - step);
    else if (key === "Home") this.put(LEAST);
    else if (key === "End") this.put(this.most);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
