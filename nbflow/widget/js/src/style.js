/** @typedef {{ink: string, ground: string, bold: boolean, dim: boolean, italic: boolean, line: boolean, inverse: boolean}} Style */

/** @type {Style} */
export const PLAIN = { ink: "", ground: "", bold: false, dim: false, italic: false, line: false, inverse: false };

/** A style as class names: the view's own colours, which can be read on its ground.
 * @param {Style} style */
export function classes(style) {
  const { ink, ground, bold, dim, italic, line, inverse } = style;
  return [ink && `a-${ink}`, ground && `g-${ground}`, bold && "a-b", dim && "a-d", italic && "a-i", line && "a-u", inverse && "a-v"].filter(Boolean).join(" ");
}

const SWITCHES = /** @type {Record<number, Partial<Style>>} */ ({
  0: PLAIN, 1: { bold: true }, 2: { dim: true }, 3: { italic: true }, 4: { line: true }, 7: { inverse: true },
  22: { bold: false, dim: false }, 23: { italic: false }, 24: { line: false }, 27: { inverse: false }, 39: { ink: "" }, 49: { ground: "" },
});

/** A style after the codes of one `ESC [ … m`.
 * @param {Style} style
 * @param {string} codes */
export function changed(style, codes) {
  const numbers = codes.split(/[;:]/).map(Number);
  let next = style;
  for (let at = 0; at < numbers.length; at += 1) {
    const code = numbers[at];
    if (code === 38 || code === 48) {
      const [colour, used] = extended(numbers.slice(at + 1));
      next = { ...next, [code === 38 ? "ink" : "ground"]: colour };
      at += used;
    } else if (Object.hasOwn(SWITCHES, code)) next = { ...next, ...SWITCHES[code] };
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) next = { ...next, ink: String(code % 10) };
    else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) next = { ...next, ground: String(code % 10) };
  }
  return next;
}

/** One of 256 colours, or of all, as the nearest of eight; and how many numbers told it.
 * @param {number[]} numbers
 * @returns {[string, number]} */
function extended(numbers) {
  if (numbers[0] === 2) return [nearest(numbers[1], numbers[2], numbers[3]), 4];
  const index = numbers[1] ?? 0;
  if (index < 16) return [String(index % 8), 2];
  if (index >= 232) return ["", 2];
  const [red, green, blue] = [36, 6, 1].map((step) => (Math.floor((index - 16) / step) % 6) * 51);
  return [nearest(red, green, blue), 2];
}

/** @param {number} red
 * @param {number} green
 * @param {number} blue */
function nearest(red, green, blue) {
  const all = [red || 0, green || 0, blue || 0], high = Math.max(...all), low = Math.min(...all);
  if (high - low < 40) return "";
  return String(all.reduce((sum, part, at) => sum + (part > (high + low) / 2 ? 1 << at : 0), 0));
}
