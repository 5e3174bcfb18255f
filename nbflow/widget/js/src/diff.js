const MOST = 600; // lines of a text that is compared line by line

/** What became of the lines of a text: `[" ", line]` stayed, `["-", line]` went, `["+", line]` came.
 * @param {string} before
 * @param {string} now
 * @returns {[" "|"-"|"+", string][]} */
export function diff(before, now) {
  const a = before.split("\n"), b = now.split("\n");
  if (a.length > MOST || b.length > MOST) return b.map((line) => [" ", line]);
  const common = a.map(() => new Uint16Array(b.length + 1));
  common.push(new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1) common[i][j] = a[i] === b[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
  /** @type {[" "|"-"|"+", string][]} */
  const found = [];
  let i = 0, j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      found.push([" ", a[i]]);
      i += 1;
      j += 1;
    } else if (common[i + 1][j] >= common[i][j + 1]) found.push(["-", a[i++]]);
    else found.push(["+", b[j++]]);
  }
  while (i < a.length) found.push(["-", a[i++]]);
  while (j < b.length) found.push(["+", b[j++]]);
  return found;
}
