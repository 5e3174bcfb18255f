/** @typedef {{op: string, key: string, word: string, name: string, does: string, no: string}} Action
 *   *word* stands on the button, *name* says the same with the job's name; *does*: what will happen; *no*: why it is
 *   senseless now, or empty */

/** @typedef {Action & {letter: string, look?: {stroke: string, fill: string}}} Tool
 *   *letter*: the status whose drawing stands for it, unless it has a *look* of its own */

const MOST_OPEN = 300; // jobs of a fan-out
const ENDED = "SDUMFKCN", GOOD = "SDUM";
const BUSY = /** @type {Record<string, string>} */ ({ R: "it is running", T: "it tries again by itself", V: "it is being mended, and tries again", B: "it is being rolled back", L: "its fallback is running" });

/** What a person can do with a job.
 * @param {string} job
 * @param {string} letter its status
 * @param {import("./types.js").Details} [details] as far as they are known
 * @returns {Action[]} */
export function actions(job, letter, details) {
  const ended = ENDED.includes(letter), [follow, below] = details?.follow ?? [0, 0];
  const stopping = details?.asked.startsWith("being ") ? `it is ${details.asked}` : "";
  const noSkip = skipNo(letter, stopping), good = details?.last_good ?? null;
  const with_ = ended && follow && follow === below ? ` and ${below} downstream` : "";
  const noRetry = retryNo(letter, ended, details);
  const found = [
    letter === "H"
      ? action("run", "r", "Run", "", job, "start it as soon as what it needs is there", "")
      : action("retry", "r", "Retry", with_, job, `run it again, with fresh attempts${with_ ? `; ${many(below)} that wait for it follow` : ""}`, noRetry),
  ];
  if (ended && below > follow)
    found.push(action("retry-downstream", "R", "Retry", ` and ${below} downstream`, job, `run it and the ${many(below)} that depend on it again`, noRetry));
  found.push(action("skip", "s", "Skip", "", job, "go on without it", noSkip));
  if (good !== null && !GOOD.includes(letter))
    found.push(action("skip-last", "S", "Skip", " with last good outputs", job, `go on with the outputs of attempt ${good}`, noSkip));
  found.push(action("cancel", "c", "Cancel", "", job, "stop it with all its processes", ended ? "it has ended" : stopping));
  return found;
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
function many(count) {
  return count === 1 ? "1 job" : `${count} jobs`;
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

/** What can be done with a group, and with how many of its members.
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
 * @param {string} name of a job or group */
export function saying(op, name) {
  const said = /** @type {Record<string, string>} */ ({
    "retry-downstream": `Retry ${name} with downstream`, "skip-last": `Skip ${name} with its last good outputs`,
    "retry-group": `Retry failed of ${name}`, "cancel-group": `Cancel group ${name}`, pause: "Pause all", unpause: "Unpause",
  });
  return said[op] ?? `${op[0].toUpperCase()}${op.slice(1)} ${name}`;
}
