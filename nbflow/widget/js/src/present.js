/** @typedef {import("./types.js").Model} Model */
/** What is shown: a moment of a run. *at*: the instant it shows, null for the present, which goes on.
 * @typedef {{graph: import("./types.js").Graph, names: string, status: string, captions: import("./types.js").Caption[],
 *   generations: Record<string, number>, marks: Record<string, string>, progress: Record<string, [share: number|null, text: string]>,
 *   head: import("./types.js").Head, details: Record<string, import("./types.js").Details>, at: number|null}} Moment */

const TRAITS = ["graph", "names", "status", "captions", "generations", "marks", "progress", "head", "details"];

/** The one place that everything on the screen is painted from: what the kernel has sent last, or a moment of the past
 * that somebody has put in its place. */
export class Present {
  /** @param {Model} model
   * @param {{changed(): void, jumped(): void}} heard *jumped*: the clock is another
   * @param {AbortSignal} life */
  constructor(model, heard, life) {
    this.model = model;
    this.heard = heard;
    /** @type {Moment|null} */
    this.past = null;
    this.ahead = 0; // seconds by which the kernel's clock is ahead of the browser's
    this.due = false;
    const soon = () => this.soon(), clock = () => this.setClock(model.get("clock"));
    for (const trait of TRAITS) model.on(`change:${trait}`, soon);
    model.on("change:clock", clock);
    life.addEventListener("abort", () => {
      for (const trait of TRAITS) model.off(`change:${trait}`, soon);
      model.off("change:clock", clock);
    });
  }

  /** What is shown. @returns {Moment} */
  get moment() {
    return this.past ?? this.latest;
  }

  /** What the kernel has sent last. @returns {Moment} */
  get latest() {
    const { model } = this;
    return {
      graph: model.get("graph"), names: model.get("names"), status: model.get("status"), captions: model.get("captions"), generations: model.get("generations"),
      marks: model.get("marks") ?? {}, progress: model.get("progress") ?? {}, head: model.get("head"), details: model.get("details"), at: null,
    };
  }

  /** What the kernel has sent last is shown. */
  get here() {
    return this.past === null;
  }

  /** It can be acted on: the past cannot. */
  get live() {
    return this.here && !this.latest.head.past;
  }

  /** The instant that is shown, seconds since the epoch. */
  get now() {
    return this.past?.at ?? Date.now() / 1000 + this.ahead;
  }

  /** Show a moment of the past; null: the present again.
   * @param {Moment|null} past */
  put(past) {
    this.past = past;
    this.heard.changed();
  }

  /** Change once for all that comes in one message. */
  soon() {
    if (this.due) return;
    this.due = true;
    queueMicrotask(() => {
      this.due = false;
      this.heard.changed();
    });
  }

  /** @param {number} now the kernel's clock when it sent what arrives here */
  setClock(now) {
    const ahead = now > 0 ? now - Date.now() / 1000 : 0, step = Math.abs(ahead - this.ahead);
    this.ahead = ahead;
    if (step > 0.5) this.heard.jumped();
  }
}
