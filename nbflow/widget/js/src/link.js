import { inflated } from "./inflated.js";

/** @typedef {import("./types.js").Model} Model */
/** @typedef {{kind: "ack"|"done"|"refused"|"bars"|"foretold"|"members"|"code"|"data"|"output"|"log", number: number, now?: number, said?: string,
 *   count?: number, of?: number, undo?: boolean}} Answer *count* of *of* requests took effect; *undo*: they can be taken back */
/** @typedef {{generations?: number[], attempt?: number|null, step?: number|null, since?: number, run?: number, of?: number, start?: number[], end?: number[]}} More */

/** @typedef {{kind: "piece", number: number, at: number, of: number, text: string, now?: number}} Piece one of a long answer's */

export const PATIENCE = 2000; // milliseconds until a request counts as not heard

/** One view's requests to the kernel, and whether it answers. */
export class Link {
  /** @param {Model} model
   * @param {{owed(): void, patience(): number, ended(op: string, about: string, answer: Answer): void, time(now: number): void}} heard *owed*: what
   *   `owed` gives is another
   * @param {AbortSignal} life */
  constructor(model, heard, life) {
    this.model = model;
    this.heard = heard;
    /** All views of a flow hear all answers: numbers begin at random to tell one's own. */
    this.number = Math.floor(Math.random() * 2 ** 40) * 1024;
    /** @type {Map<number, {op: string, about: string, timer: any, patient: boolean, late: boolean, heard: boolean}>} */
    this.open = new Map();
    /** @type {Map<number, string[]>} */
    this.pieces = new Map();
    const hear = (/** @type {any} */ message) => this.take(message);
    model.on("msg:custom", hear);
    life.addEventListener("abort", () => {
      model.off("msg:custom", hear);
      for (const { timer } of this.open.values()) clearTimeout(timer);
    });
  }

  /** @param {string} op
   * @param {string[]} jobs
   * @param {More} [more]
   * @param {string} [about] comes back with the answer
   * @returns {number} the request's, which its answer has too */
  ask(op, jobs, more = {}, about = jobs[0] ?? "") {
    const number = ++this.number;
    const patient = op === "hello" || op === "again" || op === "select" || op === "turn";
    const timer = setTimeout(() => this.lag(number), this.heard.patience());
    this.open.set(number, { op, about, timer, patient, late: false, heard: false });
    try {
      this.model.send({ op, number, jobs, ...more });
    } catch {
      this.lag(number); // the kernel is gone, and the page knows it
    }
    return number;
  }

  /** What the kernel has not heard, it seems. @returns {import("./owed.js").Request[]} */
  get owed() {
    return [...this.open.values()].filter(({ late }) => late).map(({ op, about }) => ({ op, said: about }));
  }

  /** The kernel hears in the order of asking: what came before one that it has heard was lost.
   * @param {number} number */
  miss(number) {
    for (const [earlier, asked] of [...this.open]) {
      if (earlier >= number || asked.heard || !asked.late) continue;
      this.open.delete(earlier);
      this.heard.owed();
      this.heard.ended(asked.op, asked.about, { kind: "refused", number: earlier, said: "it was lost on the way, ask again" });
    }
  }

  /** @param {number} number */
  lag(number) {
    const asked = this.open.get(number);
    if (!asked || asked.late) return;
    asked.late = true;
    this.heard.owed();
  }

  /** A message: an answer, several that came together, or a piece of a long one.
   * @param {any} message */
  take(message) {
    if (message?.kind === "several") for (const answer of message.several) this.hear({ ...answer, now: message.now });
    else if (message?.kind === "piece") this.gather(message);
    else if (message?.kind === "dense") void this.unfold(message);
    else this.hear(message);
  }

  /** @param {Piece} piece */
  gather({ number, at, of, text, now }) {
    if (!this.open.has(number)) return; // another view's
    const pieces = this.pieces.get(number) ?? [];
    this.pieces.set(number, pieces);
    pieces[at] = text;
    if (at < of - 1) return;
    this.pieces.delete(number);
    if (Object.keys(pieces).length === of) this.take({ ...JSON.parse(pieces.join("")), now });
    else this.hear({ kind: "refused", number, now, said: "the answer did not come whole: ask again" });
  }

  /** What was deflated is told as it was.
   * @param {{number: number, dense: string, now?: number}} message */
  async unfold({ number, dense, now }) {
    if (!this.open.has(number)) return;
    this.hear({ ...(await inflated(dense).json()), number, now });
  }

  /** @param {Answer} answer */
  hear(answer) {
    const asked = this.open.get(answer?.number);
    if (!asked) return;
    clearTimeout(asked.timer);
    asked.heard = true;
    this.miss(answer.number);
    if (asked.late) {
      asked.late = false;
      this.heard.owed();
    }
    if (typeof answer.now === "number") this.heard.time(answer.now);
    if (answer.kind === "ack" && !asked.patient) return; // more is to come
    this.open.delete(answer.number);
    if (answer.kind !== "ack") this.heard.ended(asked.op, asked.about, answer);
  }
}
