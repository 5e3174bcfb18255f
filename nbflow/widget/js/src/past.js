import { moment } from "./moments.js";
import { Replay } from "./replay.js";
import { Mark, Runs, line } from "./runs.js";
import { Scrubber } from "./scrubber.js";
import { timeOfDay } from "./words.js";

const WHOLE = 20; // seconds that a run takes to play
const STILL = 500; // milliseconds between two pictures where motion is not wanted

/** Puts the past in the place of the present: an instant of the run so far, or an earlier run, or an instant of that. */
export class Past {
  /** @param {import("./present.js").Present} present
   * @param {import("./link.js").Link} link
   * @param {import("./bars.js").Bars} bars
   * @param {import("./jobs.js").Jobs} jobs
   * @param {Record<string, import("./types.js").Look>} looks
   * @param {AbortSignal} life */
  constructor(present, link, bars, jobs, looks, life) {
    this.present = present;
    this.link = link;
    this.bars = bars;
    this.jobs = jobs;
    this.looks = looks;
    this.replay = new Replay();
    /** @type {number|null} */
    this.run = null; // an earlier one
    /** @type {import("./present.js").Moment|null} */
    this.state = null; // how that ended
    this.told = ""; // what is said of it
    /** @type {number|null} */
    this.instant = null;
    this.names = ""; // the jobs that the history is about
    this.known = ""; // the status that it was asked for at
    this.asking = false;
    this.playing = false;
    this.frame = 0;
    this.due = false;
    /** @type {import("./runs.js").Told[]} */
    this.all = [];
    this.scrubber = new Scrubber({ seek: (at) => this.seek(at), next: (back) => this.next(back), play: () => this.play(), live: () => this.live() }, life);
    this.runs = new Runs({ ask: () => link.ask("runs", []), open: (run) => this.open(run) }, life);
    this.mark = new Mark(() => this.live(), life);
    life.addEventListener("abort", () => cancelAnimationFrame(this.frame));
  }

  /** The past is shown. */
  get active() {
    return this.run !== null || this.instant !== null;
  }

  /** What a request says of the run that is looked at.
   * @returns {{run?: number}} */
  get of() {
    return this.run === null ? {} : { run: this.run };
  }

  /** The run that is looked at, as it stands or ended.
   * @returns {import("./present.js").Moment} */
  get base() {
    return this.state ?? this.present.latest;
  }

  // --- asking
  /** Have the history told, as far as it is not known. */
  want() {
    const { names, status } = this.base;
    if (this.asking || this.bars.timeline.root.hidden || (this.known === status && this.names === names)) return;
    const since = this.names === names ? this.replay.since : 0;
    [this.names, this.known, this.asking] = [names, status, true];
    this.link.ask("history", [], { since, ...this.of });
  }

  /** @param {any} answer
   * @returns {boolean} it was about the past */
  take(answer) {
    const here = (answer.of ?? null) === this.run;
    if (answer.kind === "runs") this.list(answer.runs);
    else if (answer.kind === "past") this.enter(answer);
    else if (answer.kind === "history" && here) this.learn(answer);
    else if (answer.kind === "bars" && here) {
      this.bars.take(answer);
      this.want();
      this.paint();
    } else if (answer.kind === "details" && here && this.state) {
      this.state = { ...this.state, details: { [answer.job]: answer.details } };
      this.show();
    }
    return ["runs", "past", "history", "bars", "details"].includes(answer.kind);
  }

  /** @param {import("./replay.js").Sent} sent */
  learn(sent) {
    this.asking = false;
    if (this.base.names !== this.names) return this.want(); // jobs came or went meanwhile
    this.replay.take(sent);
    this.show();
  }

  /** What was asked is refused: it may be asked again. */
  refused() {
    [this.asking, this.known] = [false, ""];
  }

  // --- an instant
  /** @param {number} at */
  seek(at) {
    const { from, to } = this.bars.timeline.axis;
    if (at >= to - 0.0005) return this.finish();
    this.instant = Math.max(from, at);
    this.want();
    this.soon();
  }

  /** @param {boolean} back */
  next(back) {
    const at = this.replay.next(this.instant ?? this.bars.timeline.axis.to, back);
    if (at !== undefined) this.seek(Math.max(at, this.bars.timeline.axis.from));
  }

  play() {
    this.playing = !this.playing;
    cancelAnimationFrame(this.frame);
    this.paint();
    if (!this.playing) return;
    if (this.instant === null) this.seek(this.bars.timeline.axis.from);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    let before = performance.now();
    const turn = (/** @type {number} */ now) => {
      if (!this.playing) return;
      this.frame = requestAnimationFrame(turn);
      if (this.replay.empty || (still && now - before < STILL)) return;
      const { from, to } = this.bars.timeline.axis, step = (((now - before) / 1000) * (to - from) * this.scrubber.rate) / WHOLE;
      before = now;
      this.seek((this.instant ?? from) + Math.max(0, step));
    };
    this.frame = requestAnimationFrame(turn);
  }

  /** The end of the run: the present, or how an earlier one ended. */
  finish() {
    if (this.run === null) return this.live();
    this.stop();
    this.instant = null;
    this.show();
  }

  stop() {
    this.playing = false;
    cancelAnimationFrame(this.frame);
  }

  // --- earlier runs
  /** @param {import("./runs.js").Told[]} runs */
  list(runs) {
    this.all = runs;
    this.runs.take(runs, this.run, this.present.latest.head.run, this.present.latest.at ?? Date.now() / 1000 + this.present.ahead);
  }

  /** @param {number|null} run */
  open(run) {
    if (run === null) this.live();
    else if (run !== this.run) this.link.ask("past", [], { run });
  }

  /** An earlier run has come.
   * @param {{of: number, state: any}} told */
  enter({ of, state }) {
    this.stop();
    const now = Date.now() / 1000 + this.present.ahead, known = this.all.find(({ run }) => run === of);
    [this.run, this.instant, this.told] = [of, null, known ? line(known, now) : `run ${of}`];
    this.state = { ...state, at: state.head.ended_at ?? now };
    this.forget();
    this.show();
    this.bars.toggle(true);
    this.bars.renew();
    this.link.ask("timeline", [], { since: 0, run: of });
    this.want();
  }

  /** Back to the present. */
  live() {
    if (!this.active) return;
    const away = this.run !== null;
    this.stop();
    [this.run, this.state, this.instant] = [null, null, null];
    if (away) this.forget();
    this.show();
    if (away) this.bars.renew();
  }

  forget() {
    this.replay = new Replay();
    [this.names, this.known, this.asking] = ["", "", false];
  }

  // --- showing
  /** Show once for all that happens between two pictures. */
  soon() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      this.show();
    });
  }

  show() {
    const { timeline } = this.bars;
    if (this.instant !== null && !this.replay.empty && this.jobs.graph !== this.base.graph) this.jobs.take(this.base.names, this.base.graph);
    if (this.instant !== null && !this.replay.empty) this.present.put(moment(this.base, this.replay, timeline.bars, this.looks, this.jobs.of, this.instant));
    else if (this.present.past !== this.state) this.present.put(this.state);
    timeline.show(this.instant);
    this.paint();
  }

  paint() {
    const { axis } = this.bars.timeline, { head } = this.present.moment;
    const told = head.counts.map(([letter, count]) => `${count} ${this.looks[letter]?.word}`).join(", ");
    this.scrubber.root.hidden = !this.bars.timeline.bars.length;
    this.scrubber.paint({ from: axis.from, to: axis.to, at: this.instant, playing: this.playing, waiting: this.instant !== null && this.replay.empty, told });
    const when = this.instant === null ? "" : `as of ${timeOfDay(this.instant)}`;
    if (this.run !== null) this.mark.say(when ? `run ${this.run}, ${when}` : this.told);
    else if (this.present.latest.head.past) this.mark.say(when || `run ${this.present.latest.head.run}, an earlier one, as it ended`, !!when);
    else this.mark.say(when);
  }
}
