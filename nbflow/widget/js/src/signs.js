// Texts in any script: what a person takes for one sign, and names that keep their direction to themselves.

const PARTS = typeof Intl.Segmenter === "function" ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;
const TURNING = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** The signs of a text as a person counts them: a letter with its marks is one, so is a family of emoji.
 * @param {string} text
 * @returns {string[]} */
export function signs(text) {
  return PARTS ? Array.from(PARTS.segment(text), (part) => part.segment) : [...text];
}

/** A name to stand among other words: it turns none of them around, whatever its script.
 * @param {string} name */
export function isolated(name) {
  return TURNING.test(name) ? `\u2068${name}\u2069` : name;
}

/** A name of at most 24 signs: both ends of it.
 * @param {string} name */
export function short(name) {
  if (name.length <= 24) return name;
  const found = signs(name);
  return found.length <= 24 ? name : `${found.slice(0, 12).join("")}…${found.slice(-10).join("")}`;
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
