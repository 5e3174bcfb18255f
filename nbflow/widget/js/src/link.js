/** @typedef {import("./types.js").Model} Model */
/** @typedef {{kind: "ack"|"done"|"refused"|"bars"|"code"|"data"|"output", number: number, now?: number, count?: number, said?: string}} Answer */

export const PATIENCE = 2000; // milliseconds

/** One view's requests to the kernel, and whether it answers. */
export class Link {
  /** @param {Model} model
   * @param {{silent(silent: boolean): void, ended(op: string, job: string, answer: Answer): void, time(now: number): void}} heard
   * @param {AbortSignal} life */
  constructor(model, heard, life) {
    this.model = model;
    this.heard = heard;
    /** All views of a flow hear all answers: numbers begin at random to tell one's own. */
    this.number = Math.floor(Math.random() * 2 ** 40) * 1024;
    /** @type {Map<number, {op: string, job: string, timer: any, patient: boolean}>} */
    this.open = new Map();
    const hear = (/** @type {Answer} */ answer) => this.hear(answer);
    model.on("msg:custom", hear);
    life.addEventListener("abort", () => {
      model.off("msg:custom", hear);
      for (const { timer } of this.open.values()) clearTimeout(timer);
    });
  }

  /** @param {string} op
   * @param {string[]} jobs
   * @param {{generation?: number, attempt?: number|null, step?: number|null, since?: number}} [more] */
  ask(op, jobs, more = {}) {
    const number = ++this.number;
    const patient = op === "hello" || op === "select" || op === "turn";
    const timer = setTimeout(() => this.heard.silent(true), PATIENCE);
    this.open.set(number, { op, job: jobs[0] ?? "", timer, patient });
    try {
      this.model.send({ op, number, jobs, ...more });
    } catch {
      this.heard.silent(true); // the kernel is gone, and the page knows it
    }
  }

  /** @param {Answer} answer */
  hear(answer) {
    const asked = this.open.get(answer?.number);
    if (!asked) return;
    clearTimeout(asked.timer);
    this.heard.silent(false);
    if (typeof answer.now === "number") this.heard.time(answer.now);
    if (answer.kind === "ack" && !asked.patient) return; // more is to come
    this.open.delete(answer.number);
    if (answer.kind !== "ack") this.heard.ended(asked.op, asked.job, answer);
  }
}
