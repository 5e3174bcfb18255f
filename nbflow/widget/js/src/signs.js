// Texts in any script: what a person takes for one sign, and names that keep their direction to themselves.

const PARTS = typeof Intl.Segmenter === "function" ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;
const UNSEEN = /^[\s\p{Cc}\p{Cf}\p{Mn}\u115f\u1160\u2800\u3164\uffa0]*$/u;
const TURNING = /[\u0590-\u08ff\u200e\u200f\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** The signs of a text as a person counts them: a letter with its marks is one, so is a family of emoji.
 * @param {string} text
 * @returns {string[]} */
export function signs(text) {
  return PARTS ? Array.from(PARTS.segment(text), (part) => part.segment) : [...text];
}

/** A name as it is shown: without signs that turn what follows them around; words for one of which nothing is seen.
 * @param {string} name */
export function visible(name) {
  const shown = name.replace(/[\u202a-\u202e\u2066-\u2069]/g, "").replace(/\p{Cc}+/gu, " ");
  return UNSEEN.test(shown) ? "(blank)" : shown;
}

/** A name to stand among other words: it turns none of them around, whatever its script.
 * @param {string} name */
export function isolated(name) {
  const shown = visible(name);
  return TURNING.test(shown) ? `\u2068${shown}\u2069` : shown;
}

/** A name of at most 24 signs: both ends of it.
 * @param {string} name */
export function short(name) {
  const shown = visible(name), found = shown.length <= 24 ? [] : signs(shown);
  return found.length <= 24 ? shown : `${found.slice(0, 12).join("")}…${found.slice(-10).join("")}`;
}

/** The text if it fits into the room, else its beginning and an ellipsis.
 * @param {string} text
 * @param {number} room in pixels
 * @param {(text: string) => number} length */
export function clip(text, room, length) {
  if (length(text) <= room) return text;
  const found = signs(text);
  let low = 0, high = found.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (length(found.slice(0, middle).join("").trimEnd() + "…") <= room) low = middle;
    else high = middle - 1;
  }
  return found.slice(0, low).join("").trimEnd() + "…";
}

/** The text if it fits into the room, else both ends of it: they tell names apart.
 * @param {string} text
 * @param {number} room in pixels
 * @param {(text: string) => number} length */
export function fitted(text, room, length) {
  if (length(text) <= room) return text;
  const found = signs(text), cut = (/** @type {number} */ kept) => `${found.slice(0, kept - (kept >> 1)).join("")}…${found.slice(found.length - (kept >> 1)).join("")}`;
  let low = 0, high = found.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (length(cut(middle)) <= room) low = middle;
    else high = middle - 1;
  }
  return cut(low);
}
