import { under } from "./dom.js";
import { duration } from "./words.js";

/** @typedef {import("./present.js").Moment} Moment */
/** @typedef {import("./types.js").Look} Look */

// As in nbflow/core/captions.py.
const GOOD = "SDUM", ENDED = "SDUMFKCN", BAD = "FN";
const HEADS = "SDMURVBLTFNKCQWH_", TOLD = "RTVBLFNKC", TOGETHER = "RVBLTFNQWH_CKUDSM";

/** How a run stood at an instant: only what is known of it, the rest left out.
 * @param {Moment} base the run as it stands, or ended
 * @param {import("./replay.js").Replay} replay
 * @param {import("./slots.js").Bar[]} bars
 * @param {Record<string, Look>} looks
 * @param {number[][]} jobsOf of each node
 * @param {number} at
 * @returns {Moment} */
export function moment(base, replay, bars, looks, jobsOf, at) {
  const status = replay.status(at), counts = counted(status), there = last(bars, at);
  const captions = base.graph.nodes.map((node, n) => caption(jobsOf[n], status, there, at, node[9] !== undefined, looks));
  const head = {
    ...base.head, counts: counts.filter(([letter]) => String(letter) !== "_"), verdict: "", left_at: null, paused: false,
    started_at: base.head.started_at !== null && base.head.started_at <= at ? base.head.started_at : null, ended_at: null,
    groups: groupsAt(base, replay, status, at),
  };
  return { ...base, status, captions: /** @type {any} */ (captions), generations: {}, marks: {}, progress: {}, head, details: detailsAt(base.details, at), at };
}

/** @param {string} status
 * @returns {[import("./types.js").Letter, number][]} */
export function counted(status) {
  /** @type {Record<string, number>} */
  const found = {};
  for (const letter of status) found[letter] = (found[letter] ?? 0) + 1;
  return /** @type {any} */ ([...HEADS].filter((letter) => found[letter]).map((letter) => [letter, found[letter]]));
}

/** The last attempt of each job that had started; and the first that had not.
 * @param {import("./slots.js").Bar[]} bars
 * @param {number} at
 * @returns {Map<number, {bar?: import("./slots.js").Bar, next?: import("./slots.js").Bar}>} */
function last(bars, at) {
  const found = new Map();
  for (const bar of bars) {
    if (bar.step) continue;
    const one = found.get(bar.job) ?? {};
    if (bar.start <= at + 0.0005) one.bar = bar;
    else one.next ??= bar;
    found.set(bar.job, one);
  }
  return found;
}

/** @param {number[]} jobs
 * @param {string} status
 * @param {ReturnType<typeof last>} there
 * @param {number} at
 * @param {boolean} strip
 * @param {Record<string, Look>} looks */
function caption(jobs, status, there, at, strip, looks) {
  if (strip) {
    const letters = jobs.map((job) => status[job]).join("");
    return [ofMany(letters, looks), "", 0, [...TOGETHER].find((letter) => letters.includes(letter)) ?? "W"];
  }
  const { bar, next } = there.get(jobs[0]) ?? {};
  switch (status[jobs[0]]) {
    case "R": return bar ? ["{}", "up", bar.start] : null;
    case "S": return bar?.end ? [duration(bar.end - bar.start)] : null;
    case "T": return next ? ["again in {}", "down", next.ready] : ["again soon"];
    case "Q": return ["queued"];
    case "_": return ["not declared yet"];
    default: return [looks[status[jobs[0]]]?.word ?? ""];
  }
}

/** @param {number} count */
function grouped(count) {
  return count.toLocaleString("en");
}

/** The line on many jobs.
 * @param {string} letters
 * @param {Record<string, Look>} looks */
export function ofMany(letters, looks) {
  const found = new Map(counted(letters)), good = [...GOOD].reduce((sum, letter) => sum + (found.get(/** @type {any} */ (letter)) ?? 0), 0);
  const said = [good < letters.length ? `${grouped(good)} of ${grouped(letters.length)}` : `all ${grouped(letters.length)}`];
  for (const letter of TOLD) if (found.has(/** @type {any} */ (letter))) said.push(`${grouped(found.get(/** @type {any} */ (letter)) ?? 0)} ${looks[letter]?.word}`);
  return said.join(" · ");
}

/** How each group stood, as nbflow/widget/state.py tells it of the present; a group within counts as one member of the
 * group around it.
 * @param {Moment} base
 * @param {import("./replay.js").Replay} replay
 * @param {string} status
 * @param {number} at
 * @returns {Record<string, import("./types.js").Group>} */
function groupsAt(base, replay, status, at) {
  /** @type {Record<string, any[]>} */
  const found = {};
  for (const name of Object.keys(base.head.groups ?? {})) {
    const letters = (under(replay.members, name) ?? []).map((job) => status[job]), many = (/** @type {string} */ some) => letters.filter((letter) => some.includes(letter)).length;
    const good = many(GOOD), bad = many(BAD);
    found[name] = [replay.verdict(name, at), good, letters.length, "", letters.length - many(ENDED), bad, good, bad];
  }
  for (const name of Object.keys(found)) {
    const around = under(found, parent(replay.members, name) ?? "");
    if (!around) continue;
    around[6] += Number(found[name][0] === "met") - found[name][1];
    around[7] += Number(found[name][0] === "broken") - found[name][5];
  }
  return /** @type {any} */ (found);
}

/** The smallest group that has all members of another, and more.
 * @param {Record<string, number[]>} members
 * @param {string} name */
function parent(members, name) {
  const own = under(members, name) ?? [];
  const around = Object.keys(members).filter((other) => members[other].length > own.length && own.every((job) => members[other].includes(job)));
  return own.length ? around.sort((one, other) => members[one].length - members[other].length)[0] : undefined;
}

/** What was known of the jobs looked at: attempts as far as they had come, and logs of those that had ended.
 * @param {Record<string, import("./types.js").Details>} all
 * @param {number} at
 * @returns {Record<string, import("./types.js").Details>} */
export function detailsAt(all, at) {
  return Object.fromEntries(Object.entries(all ?? {}).map(([job, details]) => {
    const cut = (/** @type {any} */ part) => (part.ended_at === null || part.ended_at > at ? { ...part, ended_at: null, end: "", reason: "", memory: null, rule: "" } : part);
    const begun = (/** @type {any} */ part) => part.started_at !== null && part.started_at <= at;
    const attempts = details.attempts.filter(begun).map((one) => ({ ...cut(one), steps: one.steps.filter(begun).map(cut) }));
    const ended = new Set(attempts.flatMap((one) => [one, ...one.steps].filter((part) => part.ended_at !== null)).map((part) => /** @type {any} */ (part).number).filter(Boolean).map(String));
    const logs = Object.fromEntries(Object.entries(details.logs).filter(([place]) => ended.has(place)));
    const current = attempts.length ? [attempts[attempts.length - 1].number, null] : [];
    return [job, /** @type {any} */ ({ ...details, why: "", kind: "", asked: "", tried: attempts.length, of: 1, attempts, logs, current, facts: [], last_good: null, follow: [0, 0] })];
  }));
}
