import { control, html, say, set } from "./dom.js";
import { timeOfDay } from "./words.js";

const SPEEDS = [1, 2, 4, 0.5];
const STEPS = 200; // key presses from one end to the other

/** @typedef {{from: number, to: number, at: number|null, playing: boolean, waiting: boolean, told: string}} Standing *at*: null at the end; *told*: how the run stood */

/** A line along a run's time with a hand on it: what it points at is shown. */
export class Scrubber {
  /** @param {{seek(at: number): void, next(back: boolean): void, play(): void, live(): void}} heard
   * @param {AbortSignal} life */
  constructor(heard, life) {
    this.heard = heard;
    this.place = 0; // in SPEEDS
    /** @type {Standing} */
    this.now = { from: 0, to: 1, at: null, playing: false, waiting: false, told: "" };
    this.play = control("button", { class: "play" });
    this.speed = control("button", { class: "speed", title: "how fast it plays" });
    this.done = html("i", { class: "done" });
    this.hand = html("i", { class: "knob" });
    this.track = control("div", { class: "track", role: "slider", tabindex: 0, "aria-label": "replay the run", "aria-orientation": "horizontal" });
    this.track.append(html("i", { class: "whole" }), this.done, this.hand);
    this.time = html("span", { class: "dim when" });
    this.root = html("div", { class: "scrub" }, this.play, this.speed, this.track, this.time);
    this.listen(life);
    this.paint(this.now);
  }

  get rate() {
    return SPEEDS[this.place];
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    this.play.addEventListener("click", () => this.heard.play(), { signal });
    this.speed.addEventListener("click", () => {
      this.place = (this.place + 1) % SPEEDS.length;
      this.paint(this.now);
    }, { signal });
    this.track.addEventListener("keydown", (event) => this.key(event), { signal });
    let held = -1;
    const seek = (/** @type {PointerEvent} */ event) => {
      const box = this.track.getBoundingClientRect(), share = Math.max(0, Math.min(1, (event.clientX - box.left) / Math.max(1, box.width)));
      this.heard.seek(this.now.from + share * (this.now.to - this.now.from));
    };
    this.track.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      held = event.pointerId;
      this.track.setPointerCapture(held);
      seek(event);
    }, { signal });
    this.track.addEventListener("pointermove", (event) => event.pointerId === held && seek(event), { signal });
    for (const name of ["pointerup", "pointercancel"]) this.track.addEventListener(name, () => { held = -1; }, { signal });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { from, to, at } = this.now, step = (to - from) / STEPS, here = at ?? to;
    const on = /** @type {Record<string, number>} */ ({ ArrowLeft: here - step, ArrowDown: here - step, ArrowRight: here + step, ArrowUp: here + step, PageDown: here - 20 * step, PageUp: here + 20 * step, Home: from, End: to });
    if (event.shiftKey && (event.key === "ArrowLeft" || event.key === "ArrowRight")) this.heard.next(event.key === "ArrowLeft");
    else if (event.key in on) this.heard.seek(Math.max(from, Math.min(to, on[event.key])));
    else if (event.key === " ") this.heard.play();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Standing} now */
  paint(now) {
    this.now = now;
    const { from, to, at, playing, waiting, told } = now, share = at === null ? 1 : Math.max(0, Math.min(1, (at - from) / Math.max(0.001, to - from)));
    say(this.play, playing ? "❚❚" : "▶");
    set(this.play, "aria-label", playing ? "stop" : "play the run");
    set(this.play, "title", playing ? "stop (Space)" : "play the run in some 20 seconds (Space)");
    say(this.speed, `${this.rate}×`);
    set(this.speed, "aria-label", `speed: ${this.rate} times`);
    this.done.style.width = this.hand.style.left = `${(share * 100).toFixed(2)}%`;
    say(this.time, waiting ? "reading …" : timeOfDay(at ?? to));
    set(this.track, "aria-valuemin", 0);
    set(this.track, "aria-valuemax", Math.round((to - from) * 10) / 10);
    set(this.track, "aria-valuenow", Math.round(((at ?? to) - from) * 10) / 10);
    set(this.track, "aria-valuetext", at === null ? "the end" : `as of ${timeOfDay(at)}${told ? `: ${told}` : ""}`);
  }
}
