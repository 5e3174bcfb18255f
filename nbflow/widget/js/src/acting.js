import { actions, groupActions, manyActions, outcome, pauseAction, saying, toRetry } from "./actions.js";
import { under } from "./dom.js";

/** What a person asks to be done, and what became of it. */
export class Acting {
  /** @param {import("./present.js").Present} present
   * @param {import("./jobs.js").Jobs} jobs
   * @param {import("./link.js").Link} link
   * @param {import("./voice.js").Voice} voice
   * @param {import("./foreseen.js").Foreseen} foreseen */
  constructor(present, jobs, link, voice, foreseen) {
    this.present = present;
    this.jobs = jobs;
    this.link = link;
    this.voice = voice;
    this.foreseen = foreseen;
    /** @type {Map<string, number>} */
    this.open = new Map(); // what was asked -> the number of the request that has no answer yet
    /** @type {Map<number, string>} */
    this.said = new Map(); // number of a request -> what was asked
  }

  /** What can be done with a job.
   * @param {string} job */
  can(job) {
    const { status, details } = this.present.moment, at = this.jobs.number(job), letter = status[at] ?? "";
    return actions(job, letter, under(details, job), this.foretold([at]));
  }

  /** What can be done with many jobs.
   * @param {number[]} jobs
   * @param {string} [whose] */
  canMany(jobs, whose) {
    return manyActions(jobs, this.present.moment.status, this.foretold(jobs), whose);
  }

  /** What a retry of some jobs would bring, as far as it is known by now.
   * @param {number[]} jobs */
  foretold(jobs) {
    const { status, generations } = this.present.moment, again = toRetry(jobs, status);
    return this.foreseen.of(again.map((job) => this.jobs.names[job]), again.map((job) => `${status[job]}${generations[job] ?? 1}`).join(""));
  }

  /** @param {string} job
   * @param {(action: import("./actions.js").Action) => boolean} meant
   * @returns {boolean} whether it means something here */
  job(job, meant) {
    const can = this.can(job).find(meant);
    if (can) this.request(can.op, saying(can.op, job), can.no, [this.jobs.number(job)]);
    return !!can;
  }

  /** @param {number[]} jobs
   * @param {string} whose
   * @param {(action: import("./actions.js").Action) => boolean} meant
   * @returns {boolean} whether it means something here */
  many(jobs, whose, meant) {
    const can = this.canMany(jobs, whose).find(meant);
    if (can) this.request(can.op, can.said, can.no, can.targets);
    return !!can;
  }

  /** @param {string} group
   * @param {string} op */
  group(group, op) {
    const can = groupActions(group, under(this.present.moment.head.groups, group)).find((action) => action.op === op);
    const wanted = op === "retry-group" ? "FN" : "HWQRTVBL", { status } = this.present.moment;
    const said = op === "retry-group" ? can?.name ?? "" : `Cancel group ${group}`;
    if (can) this.request(op.replace("-group", ""), said, can.no, this.jobs.members(group).filter((job) => wanted.includes(status[job])));
  }

  /** Run all again that has failed. */
  failed() {
    const { status } = this.present.moment, failed = this.jobs.names.flatMap((_, at) => ("FN".includes(status[at]) ? [at] : []));
    this.request("retry", `Retry ${failed.length} failed`, failed.length ? "" : "nothing has failed", failed);
  }

  pause() {
    const { graph, head } = this.present.moment;
    if (!graph.nodes.length) return;
    const { op, no } = pauseAction(head);
    this.request(op, saying(op, ""), no, []);
  }

  /** Take back what the voice offers to. */
  undo() {
    const of = this.voice.offered, said = of === null ? undefined : this.said.get(of);
    this.voice.offer(null);
    if (of === null || said === undefined) return this.voice.say("There is nothing to be taken back.");
    const asked = `Undo ${said[0].toLowerCase()}${said.slice(1)}`;
    this.voice.say(`${asked}: asked.`);
    this.said.set(this.link.ask("undo", [], { of }, asked), said);
  }

  /** Ask for it once: the second press of a double click is none.
   * @param {string} op
   * @param {string} said
   * @param {string} no why it makes no sense
   * @param {number[]} jobs */
  request(op, said, no, jobs) {
    const why = this.present.live ? no : "this is the past", names = jobs.map((job) => this.jobs.names[job]), key = JSON.stringify([op, names]);
    if (!why && this.open.has(key)) return;
    this.voice.say(why ? `${said}: ${why}.` : `${said}: asked.`);
    if (why) return;
    const { generations } = this.present.moment;
    const number = this.link.ask(op, names, jobs.length ? { generations: jobs.map((job) => generations[job] ?? 1) } : {}, said);
    this.open.set(key, number);
    this.said.set(number, said);
  }

  /** @param {string} op
   * @param {string} about
   * @param {import("./link.js").Answer} answer */
  ended(op, about, answer) {
    const said = this.said.get(answer.number) ?? saying(op, about), refused = answer.kind === "refused";
    for (const [key, number] of this.open) if (number === answer.number) this.open.delete(key);
    if (op === "undo") this.voice.say(refused ? `${said}: it cannot be taken back, ${answer.said}.` : `${said}: taken back.`, { trouble: refused });
    else this.voice.say(outcome(said, answer), { trouble: refused });
    if (answer.undo) this.voice.offer(answer.number);
    else this.said.delete(answer.number);
  }
}
