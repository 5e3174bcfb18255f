/** All that can be done by keys and mouse: the hint, the panel, `aria-keyshortcuts` and the table of docs/view.md are of
 * these lines. *aria*: as assistive technology is told it; *hint*: in the footer.
 * @typedef {{keys: string, does: string, aria?: string, hint?: string}} Key */

/** @type {Record<string, Key>} */
export const KEYS = {
  walk: { keys: "arrow keys", does: "go from node to node along the needs; within a strip from cell to cell", hint: "arrows walk" },
  open: { keys: "`Enter`, click", does: "opens a job; in a strip, goes to the cell that needs somebody first", hint: "Enter opens" },
  group: { keys: "`G`, click on its name", does: "opens the group or fan-out of the job: its policy, its failed members, what can be done with all of it", aria: "g" },
  retry: { keys: "`R`", does: "retries what is selected; with `Shift`, with all that depends on it", aria: "r", hint: "R retry" },
  skip: { keys: "`S`", does: "skips what is selected; with `Shift`, with its last good outputs", aria: "s", hint: "S skip" },
  cancel: { keys: "`C`", does: "cancels what is selected", aria: "c", hint: "C cancel" },
  undo: { keys: "`Z`", does: "takes back what was just done, where it can be", aria: "z" },
  log: { keys: "`L`", does: "goes to the log of the job", aria: "l", hint: "L log" },
  pause: { keys: "`P`", does: "pauses the run: nothing new starts; once more lets it go on", aria: "p", hint: "P pause" },
  timeline: { keys: "`T`", does: "opens the timeline, and closes it", aria: "t", hint: "T timeline" },
  find: { keys: "`/`", does: "finds jobs by name; `Enter` goes on to the next one", aria: "/", hint: "/ find" },
  toggle: { keys: "`Ctrl` and click, `Shift` and `Space`", does: "takes a job into the selection, or out of it" },
  range: { keys: "`Shift` and click, `Shift` and arrows", does: "selects what lies between: a run of cells, or all on the way from the one job to the other" },
  band: { keys: "`Shift` and drag", does: "selects what the rectangle touches" },
  all: { keys: "`Ctrl` and `A`", does: "selects all jobs, or all that the filter shows" },
  filter: { keys: "chips of the header", does: "show only the jobs of a status; the button beside them selects these" },
  trace: { keys: "pointing at a node", does: "what it needs, and what needs it, stands out" },
  zoom: { keys: "drag, `Ctrl` and wheel, two fingers, `+` `-`", does: "moves and zooms" },
  fit: { keys: "`0`, double click on the ground", does: "fits all of it in, as the percentage does between `−` and `+`" },
  help: { keys: "`?`", does: "shows all of this", aria: "?", hint: "? all keys" },
  close: { keys: "`Esc`", does: "lets the selection go, and closes the drawer" },
};

export const HINT = Object.values(KEYS).flatMap(({ hint }) => (hint ? [hint] : [])).join(" · ");

/** How assistive technology is told of a shortcut.
 * @param {string} key a letter, in capitals with Shift */
export function shortcut(key) {
  return key !== key.toLowerCase() ? `Shift+${key}` : key;
}

/** How a person is told of it.
 * @param {string} key */
export function told(key) {
  return `${key !== key.toLowerCase() ? "Shift+" : ""}${key.toUpperCase()}`;
}
