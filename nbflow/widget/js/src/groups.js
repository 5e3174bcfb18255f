// The line over a group's members: as nbflow/core/group_lines.py has it.

/** What the line may say, the most first.
 * @param {string} name
 * @param {string} words what the policy asks for; empty where that goes without saying
 * @param {string} short the same in fewer
 * @param {import("./types.js").Group|undefined} standing
 * @returns {[text: string, end: string][]} the beginning, and the verdict that ends it */
export function lines(name, words, short, standing) {
  const verdict = standing?.[0] ?? "", tally = said(standing?.[6] ?? 0, standing?.[7] ?? 0);
  const end = verdict && verdict !== "undecided" ? ` · ${verdict}` : "";
  const parts = tally && words ? [`${words}: ${tally}`] : [];
  if (!end && tally && short) parts.push(`${short}: ${tally}`);
  parts.push(...(tally && !end ? [tally] : [words, short]));
  /** @type {[string, string][]} */
  const told = [...new Set(parts)].filter(Boolean).map((part) => [`${name} · ${part}`, end]);
  told.push([name, end]);
  if (end) told.push([name, verdict === "met" ? " ✓" : " ✕"]);
  return told;
}

/** @param {number} good
 * @param {number} failed */
function said(good, failed) {
  return [...(good ? [`${good.toLocaleString("en")} ✓`] : []), ...(failed ? [`${failed.toLocaleString("en")} ✕`] : [])].join(" ");
}
