import { set } from "./dom.js";

const EVERY = 1000; // milliseconds between two looks for new bars

/** Has the bars of the timeline sent while it is open. */
export class Bars {
  /** @param {import("./timeline.js").Timeline} timeline
   * @param {Element} button that opens it
   * @param {import("./present.js").Present} present
   * @param {import("./link.js").Link} link
   * @param {AbortSignal} life */
  constructor(timeline, button, present, link, life) {
    this.timeline = timeline;
    this.button = button;
    this.present = present;
    this.link = link;
    this.known = ""; // the status that they were last asked for at
    /** @type {any} */
    this.asking = undefined; // runs until they may be asked for again
    life.addEventListener("abort", () => clearTimeout(this.asking));
    button.addEventListener("click", () => this.toggle(), { signal: life });
  }

  /** @param {boolean} [open] */
  toggle(open = this.timeline.root.hidden) {
    const { root } = this.timeline;
    root.hidden = !open;
    set(this.button, "aria-pressed", root.hidden ? "false" : "true");
    this.known = "";
    this.timeline.paint(this.present.now);
    this.want();
  }

  /** Ask for new ones where there may be some, now and then. */
  want() {
    const { status } = this.present.moment;
    if (!this.present.here || this.timeline.root.hidden || this.asking !== undefined || this.known === status) return;
    this.known = status;
    this.ask();
    this.asking = setTimeout(() => {
      this.asking = undefined;
      this.want();
    }, EVERY);
  }

  ask() {
    this.link.ask("timeline", [], { since: this.timeline.since });
  }

  /** Another run is shown. */
  renew() {
    this.known = "";
    clearTimeout(this.asking);
    this.asking = undefined;
    this.timeline.clear();
    this.timeline.paint(this.present.now);
    this.want();
  }

  /** @param {any} sent */
  take(sent) {
    this.timeline.now = this.present.now;
    if (this.timeline.take(sent)) this.ask();
  }
}
