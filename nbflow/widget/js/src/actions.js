import { about } from "./words.js";

/** @typedef {{op: string, key: string, word: string, name: string, does: string, no: string}} Action
 *   *word* stands on the button, *name* says the same with the job's name; *does*: what will happen; *no*: why it is
 *   senseless now, or empty */

/** @typedef {Action & {targets: number[], said: string}} Act on many jobs: the numbers of those that it is about, and its
 *   name without a time */

/** @typedef {{op: string, key: string, word: string, name: string, does: string, no: string, letter: string, look?: {stroke: string, fill: string}}} Tool
 *   *letter*: the status whose drawing stands for it, unless it has a *look* of its own */

/** What a retry would bring, as nbflow/widget/foretelling.py tells.
 * @typedef {{follow: number, below: number, seconds: (number|null)[], last: number[]}} Foretold */

const MOST_OPEN = 300; // jobs of a fan-out
const ENDED = "SDUMFKCN", GOOD = "SDUM", FAILED = "FN";
const BUSY = /** @type {Record<string, string>} */ ({ R: "it is running", T: "it tries again by itself", V: "it is being mended, and tries again", B: "it is being rolled back", L: "its fallback is running" });

/** What a person can do with a job.
 * @param {string} job
 * @param {string} letter its status
 * @param {import("./types.js").Details} [details] as far as they are known
 * @param {Foretold|null} [foretold]
 * @returns {Action[]} */
export function actions(job, letter, details, foretold) {
  const ended = ENDED.includes(letter), [follow, below] = details?.follow ?? [0, 0];
  const stopping = details?.asked.startsWith("being ") ? `it is ${details.asked}` : "";
  const noSkip = skipNo(letter, stopping), good = details?.last_good ?? null;
  const all = ended && follow > 0 && follow === below, with_ = all ? ` and ${below} downstream` : "";
  const noRetry = retryNo(letter, ended, details);
  const found = [
    letter === "H"
      ? action("run", "r", "Run", "", job, "start it as soon as what it needs is there", "")
      : action("retry", "r", "Retry", times(with_, foretold, all ? 2 : 0), job, `run it again, with fresh attempts${with_ ? `; ${many(below)} that wait for it follow` : ""}`, noRetry),
  ];
  if (ended && below > follow)
    found.push(action("retry-downstream", "R", "Retry", times(` and ${below} downstream`, foretold, 2), job, `run it and the ${many(below)} that depend on it again`, noRetry));
  found.push(action("skip", "s", "Skip", "", job, "go on without it", noSkip));
  if (good !== null && !GOOD.includes(letter))
    found.push(action("skip-last", "S", "Skip", " with last good outputs", job, `go on with the outputs of attempt ${good}`, noSkip));
  found.push(action("cancel", "c", "Cancel", "", job, "stop it with all its processes", ended ? "it has ended" : stopping));
  return found;
}

/** What a retry takes, said behind what it is of, as far as it is known.
 * @param {string} with_ what follows
 * @param {Foretold|null|undefined} foretold
 * @param {0|1|2} part of its seconds */
function times(with_, foretold, part) {
  const all = foretold?.seconds[part] ?? null, own = foretold?.seconds[0] ?? null;
  if (all !== null) return `${with_}, ${long(all)}`;
  return own !== null && with_ ? ` (${long(own)})${with_}` : with_;
}

/** @param {number} seconds */
function long(seconds) {
  return seconds < 1 ? "under 1 s" : `about ${seconds < 59.5 ? `${Math.round(seconds)} s` : about(seconds)}`;
}

/** @param {string} op
 * @param {string} key
 * @param {string} verb
 * @param {string} more
 * @param {string} job
 * @param {string} does
 * @param {string} no
 * @returns {Action} */
function action(op, key, verb, more, job, does, no) {
  return { op, key, word: verb + more, name: `${verb} ${job}${more}`, does, no };
}

/** @param {number} count */
export function many(count) {
  return count === 1 ? "1 job" : `${count.toLocaleString("en")} jobs`;
}

/** @param {string} letter
 * @param {boolean} ended
 * @param {import("./types.js").Details} [details] */
function retryNo(letter, ended, details) {
  if (!ended) return BUSY[letter] ?? "it has not run yet";
  return letter === "K" && details?.kind === "upstream failed" ? "what it needs has failed: retry that" : "";
}

/** @param {string} letter
 * @param {string} stopping */
function skipNo(letter, stopping) {
  if (letter === "S") return "it has succeeded";
  if (letter === "D") return "its fallback has saved it";
  if (letter === "U") return "its outputs are given already";
  if (letter === "M") return "its outputs are there, reused";
  return letter === "K" ? "it is skipped already" : stopping;
}

/** What can be done with many jobs: each act is about those of them for which it means something.
 * @param {number[]} jobs
 * @param {string} status of all jobs of the run
 * @param {Foretold|null} [foretold] of `toRetry`
 * @param {string} [whose] said behind a name: `` of group fits``
 * @returns {Act[]} */
export function manyActions(jobs, status, foretold, whose = "") {
  const of = (/** @type {string} */ letters) => jobs.filter((job) => letters.includes(status[job] || " "));
  const again = toRetry(jobs, status), held = of("H"), skip = of("HWQRTVBLFNC"), going = of("HWQRTVBL");
  const word = again.length && again.every((job) => FAILED.includes(status[job])) ? " failed" : "";
  const { follow = 0, below = 0 } = foretold ?? {}, with_ = (/** @type {number} */ count) => (count ? ` and ${count.toLocaleString("en")} downstream` : "");
  const told = (/** @type {number} */ part) => times(with_(part === 1 ? follow : below), foretold, /** @type {1|2} */ (part));
  const last = (foretold?.last ?? []).map((place) => again[place]).filter((job) => job !== undefined && !GOOD.includes(status[job]));
  const act = (/** @type {string} */ op, /** @type {string} */ key, /** @type {string} */ verb, /** @type {number[]} */ targets, /** @type {string} */ more, /** @type {string} */ does, /** @type {string} */ no) => {
    const said = `${verb} ${targets.length.toLocaleString("en")}`, kind = op.startsWith("retry") ? word : "";
    const short = `${said}${kind}${whose}${op === "retry-downstream" ? " with downstream" : op === "skip-last" ? more : ""}`;
    return { op, key, word: `${said}${kind}${more}`, name: `${said}${kind}${whose}${more}`, said: short, does, no: targets.length ? "" : no, targets };
  };
  const found = [held.length && !again.length
    ? act("run", "r", "Run", held, "", "start them as soon as what they need is there", "")
    : act("retry", "r", "Retry", again, again.length ? told(1) : "", `run ${them(again)} again, with fresh attempts`, "none of it has ended")];
  if (again.length && below > follow) found.push(act("retry-downstream", "R", "Retry", again, told(2), `run ${them(again)} and all that depends on ${them(again)} again`, ""));
  found.push(act("skip", "s", "Skip", skip, "", `go on without ${them(skip)}`, "all of it is done or skipped"));
  if (last.length) found.push(act("skip-last", "S", "Skip", last, " with last good outputs", `go on with what ${last.length === 1 ? "it" : "each"} made before`, ""));
  found.push(act("cancel", "c", "Cancel", going, "", `stop ${them(going)} with all processes, and start no more`, "all of it has ended"));
  return found;
}

/** @param {number[]} jobs */
function them(jobs) {
  return jobs.length === 1 ? "it" : "them";
}

/** Those of many jobs that a retry is about: what has failed; if nothing has, what was stopped; if nothing was, all that
 * has ended.
 * @param {number[]} jobs
 * @param {string} status
 * @returns {number[]} */
export function toRetry(jobs, status) {
  for (const letters of [FAILED, "C", GOOD, "K"]) {
    const found = jobs.filter((job) => letters.includes(status[job] || " "));
    if (found.length) return found;
  }
  return [];
}

/** What can be done with a group from the picture.
 * @param {string} group
 * @param {import("./types.js").Group|undefined} standing
 * @returns {Tool[]} */
export function groupActions(group, standing) {
  const [, , , , going = 0, failed = 0] = standing ?? [];
  const no = (/** @type {number} */ count, /** @type {string} */ why) => (count ? "" : why);
  return [
    { op: "retry-group", key: "", letter: "T", word: `Retry ${failed} failed`, name: `Retry ${failed} failed of group ${group}`,
      does: "run them again, with fresh attempts", no: no(failed, "none of it has failed") },
    { op: "cancel-group", key: "", letter: "C", word: `Cancel ${going}`, name: `Cancel group ${group}: ${many(going)}`,
      does: "stop what runs of it, and start no more", no: no(going, "all of it has ended") },
  ];
}

const UNFOLD = { stroke: "M2,5V2H5M9,2H12V5M12,9V12H9M5,12H2V9", fill: "" };
const FOLD = { stroke: "M5,2V5H2M12,5H9V2M9,12V9H12M2,9H5V12", fill: "" };

/** Show a fan-out's jobs one by one, or as one box.
 * @param {string} fan
 * @param {number} count its jobs
 * @param {boolean} folded
 * @returns {Tool} */
export function foldAction(fan, count, folded) {
  return folded
    ? { op: "turn", key: "", letter: "", look: UNFOLD, word: "Open", name: `Open ${fan}`, does: `show its ${many(count)} one by one`,
        no: count > MOST_OPEN ? "there are too many to be shown one by one" : "" }
    : { op: "turn", key: "", letter: "", look: FOLD, word: "Fold", name: `Fold ${fan}`, does: `show its ${many(count)} as one box`, no: "" };
}

/** What holds the run back, or lets it go on.
 * @param {import("./types.js").Head} head
 * @returns {Action} */
export function pauseAction({ paused, verdict }) {
  return paused
    ? { op: "unpause", key: "p", word: "Unpause", name: "Unpause the run", does: "let things start again", no: "" }
    : { op: "pause", key: "p", word: "Pause all", name: "Pause all", does: "start nothing new; what runs goes on",
        no: verdict === "running" ? "" : "nothing is to start" };
}

/** An operation on something, as it is said when it was asked or answered.
 * @param {string} op
 * @param {string} name of a job, or of what is done to many
 * @param {number} [count] of many jobs */
export function saying(op, name, count = 1) {
  const said = /** @type {Record<string, string>} */ ({
    "retry-downstream": `Retry ${name} with downstream`, "skip-last": `Skip ${name} with ${count > 1 ? "their" : "its"} last good outputs`, pause: "Pause all", unpause: "Unpause",
  });
  return said[op] ?? `${op[0].toUpperCase()}${op.slice(1)} ${name}`;
}

/** What became of a request, in words.
 * @param {string} said
 * @param {import("./link.js").Answer} answer */
export function outcome(said, { kind, said: why, count = 0, of = count }) {
  if (kind === "refused") return `${said}: ${why ?? "refused"}`;
  if (!count) return `${said}: nothing to do, ${of > 1 ? "they have" : "it has"} changed meanwhile.`;
  const left = of - count;
  return left > 0 ? `${said}: ${count.toLocaleString("en")} of ${of.toLocaleString("en")}; ${left} ${left === 1 ? "has" : "have"} changed meanwhile.` : `${said}: accepted.`;
}
