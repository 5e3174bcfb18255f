import { actions, groupActions, pauseAction, saying } from "./actions.js";
import { under } from "./dom.js";

/** What a person asks to be done, and what became of it. */
export class Acting {
  /** @param {import("./present.js").Present} present
   * @param {import("./jobs.js").Jobs} jobs
   * @param {import("./link.js").Link} link
   * @param {import("./voice.js").Voice} voice */
  constructor(present, jobs, link, voice) {
    this.present = present;
    this.jobs = jobs;
    this.link = link;
    this.voice = voice;
  }

  /** What can be done with a job.
   * @param {string} job */
  can(job) {
    const { status, details } = this.present.moment;
    return actions(job, status[this.jobs.number(job)] ?? "", under(details, job));
  }

  /** @param {number} at
   * @param {string} key in capitals with Shift
   * @returns {boolean} whether the key means something here */
  key(at, key) {
    if (key.length !== 1) return false;
    const job = this.jobs.names[at];
    const meant = this.can(job).find((action) => action.key === key);
    if (meant) this.job(job, meant.op);
    return !!meant;
  }

  /** @param {string} job
   * @param {string} op */
  job(job, op) {
    const can = this.can(job).find((action) => action.op === op);
    if (can) this.request(can, [job], this.present.moment.generations[this.jobs.number(job)] ?? 1);
  }

  /** @param {string} group
   * @param {string} op */
  group(group, op) {
    const standing = under(this.present.moment.head.groups, group);
    const can = groupActions(group, standing).find((action) => action.op === op);
    if (can) this.request(can, [group], standing?.[6]);
  }

  pause() {
    const { graph, head } = this.present.moment;
    if (graph.nodes.length) this.request(pauseAction(head), []);
  }

  /** @param {import("./actions.js").Action} can
   * @param {string[]} names
   * @param {number} [generation] */
  request({ op, no }, names, generation) {
    const said = saying(op, names[0] ?? ""), why = this.present.live ? no : "this is the past";
    this.voice.say(why ? `${said}: ${why}.` : `${said}: asked.`);
    if (!why) this.link.ask(op, names, generation === undefined ? {} : { generation });
  }

  /** @param {string} op
   * @param {string} name
   * @param {import("./link.js").Answer} answer */
  ended(op, name, answer) {
    const said = saying(op, name);
    if (answer.kind === "refused") this.voice.say(`${said}: ${answer.said ?? "refused"}`);
    else if (answer.count === 0) this.voice.say(`${said}: nothing to do, it has changed meanwhile.`);
    else this.voice.say(`${said}: accepted.`);
  }
}
