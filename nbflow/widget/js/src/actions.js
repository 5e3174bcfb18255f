/** @typedef {{op: "retry"|"run"|"skip"|"cancel", key: string, word: string, does: string, no: string}} Action
 *   *does*: what will happen; *no*: why it is senseless now, or empty */

const ENDED = "SFKC";

/** What a person can do with a job.
 * @param {string} letter its status
 * @param {import("./types.js").Details} [details] as far as they are known
 * @returns {Action[]} */
export function actions(letter, details) {
  const ended = ENDED.includes(letter);
  const stopping = details?.asked.startsWith("being ") ? `it is ${details.asked}` : "";
  const first =
    letter === "H"
      ? { op: "run", key: "r", word: "Run", does: "start it as soon as what it needs is there", no: "" }
      : { op: "retry", key: "r", word: "Retry", does: "run it again, with fresh attempts", no: retryNo(letter, ended, details) };
  return /** @type {Action[]} */ ([
    first,
    { op: "skip", key: "s", word: "Skip", does: "go on without it", no: skipNo(letter, stopping) },
    { op: "cancel", key: "c", word: "Cancel", does: "stop it with all its processes", no: ended ? "it has ended" : stopping },
  ]);
}

/** @param {string} letter
 * @param {boolean} ended
 * @param {import("./types.js").Details} [details] */
function retryNo(letter, ended, details) {
  if (!ended) return letter === "R" ? "it is running" : letter === "T" ? "it tries again by itself" : "it has not run yet";
  return letter === "K" && details?.kind === "upstream failed" ? "what it needs has failed: retry that" : "";
}

/** @param {string} letter
 * @param {string} stopping */
function skipNo(letter, stopping) {
  if (letter === "S") return "it has succeeded";
  return letter === "K" ? "it is skipped already" : stopping;
}

/** A name short enough for a button: both ends of it.
 * @param {string} name */
export function short(name) {
  const signs = [...name];
  return signs.length <= 24 ? name : `${signs.slice(0, 12).join("")}…${signs.slice(-10).join("")}`;
}
