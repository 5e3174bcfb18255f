/** A line of a traceback. *line*: of the job's own cell, where it tells of one. *kind*: "own" a line of the cell, "text" what stands
 * there, "error" what it came to, "" all else.
 * @typedef {{text: string, kind: "own"|"text"|"error"|"", line: number}} Told */

/** A traceback by lines.
 * @param {string} traceback
 * @param {string} job
 * @returns {Told[]} */
export function frames(traceback, job) {
  let line = 0, own = false;
  return traceback.replace(/\n+$/, "").split("\n").map((text) => {
    const frame = /^ {2}File "(.*)", line (\d+)/.exec(text);
    if (frame) {
      own = frame[1] === `<job ${job}>`;
      line = own ? Number(frame[2]) : 0;
      return { text, kind: own ? "own" : "", line };
    }
    if (/^\s/.test(text)) return { text, kind: own ? "text" : "", line: own ? line : 0 };
    own = false;
    const head = !text || /^(Traceback \(|The above exception|During handling)/.test(text);
    return { text, kind: head ? "" : "error", line: 0 };
  });
}

/** The line of the job's cell at which it failed: that of the last frame in it.
 * @param {string} traceback
 * @param {string} job
 * @returns {number} 0: none is known */
export function failingLine(traceback, job) {
  return frames(traceback, job).findLast(({ kind }) => kind === "own")?.line ?? 0;
}
