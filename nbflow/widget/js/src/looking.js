/** Where something was found: line, from sign, to sign.
 * @typedef {[line: number, from: number, to: number]} Match */

export const MOST = 5000; // matches that are told one by one

/** Where *wanted* stands in *lines*; capital letters matter only where it has some.
 * @param {{text: string}[]} lines
 * @param {string} wanted
 * @returns {Match[]} */
export function matches(lines, wanted) {
  if (!wanted) return [];
  const pattern = new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), /\p{Lu}/u.test(wanted) ? "gu" : "giu");
  /** @type {Match[]} */
  const found = [];
  for (let line = 0; line < lines.length && found.length < MOST; line += 1) {
    for (const { index, 0: text } of lines[line].text.matchAll(pattern)) found.push([line, index, index + text.length]);
  }
  return found.slice(0, MOST);
}

/** The match to go to from *line*: the first at or after it, else the first of all.
 * @param {Match[]} found
 * @param {number} line */
export function nearest(found, line) {
  const at = found.findIndex(([one]) => one >= line);
  return found.length ? Math.max(0, at) : -1;
}
