import { html } from "./dom.js";
import { part } from "./lines.js";

/** @typedef {import("./lines.js").Line} Line */
/** @typedef {import("./looking.js").Match} Match */

const CHUNK = 200; // lines that come and go together
const LONGEST = 10_000; // signs of a line that are drawn

/** Lines one below the other. Only those that have been in sight are elements: a log may have a hundred thousand. */
export class Sheet {
  /** @param {HTMLElement} root what scrolls
   * @param {AbortSignal} signal */
  constructor(root, signal) {
    this.root = root;
    /** @type {Line[]} */
    this.lines = [];
    /** @type {HTMLElement[]} */
    this.chunks = [];
    /** @type {Map<number, Match[]>} */
    this.marks = new Map();
    /** @type {Match|undefined} */
    this.current = undefined;
    this.watch = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) this.fill(this.chunks.indexOf(/** @type {HTMLElement} */ (target)));
    }, { root, rootMargin: "600px" });
    signal.addEventListener("abort", () => this.watch.disconnect());
  }

  /** Other lines.
   * @param {Line[]} lines */
  begin(lines) {
    for (const chunk of this.chunks) this.watch.unobserve(chunk);
    this.chunks = [];
    this.root.replaceChildren();
    this.grow(lines, 0);
  }

  /** Lines, of which those from *touched* on are new or have changed; what is marked with the mouse above stays so.
   * @param {Line[]} lines
   * @param {number} touched */
  grow(lines, touched) {
    this.lines = lines;
    const count = Math.ceil(lines.length / CHUNK);
    for (let at = Math.floor(touched / CHUNK); at < this.chunks.length; at += 1) this.refresh(at, touched);
    for (let at = this.chunks.length; at < count; at += 1) {
      const chunk = html("div", { class: "lines" });
      this.chunks.push(chunk);
      this.size(at);
      this.root.append(chunk);
      this.watch.observe(chunk);
    }
    if (count <= 2) this.chunks.forEach((_, at) => this.fill(at));
  }

  /** Have the end drawn at once: it is scrolled to. */
  end() {
    this.fill(this.chunks.length - 1);
    this.fill(this.chunks.length - 2);
    this.root.scrollTop = this.root.scrollHeight;
  }

  /** @param {number} at a chunk */
  of(at) {
    return this.lines.slice(at * CHUNK, (at + 1) * CHUNK);
  }

  /** @param {number} at */
  size(at) {
    this.chunks[at].style.setProperty("--lines", String(this.of(at).length));
  }

  /** @param {number} at */
  fill(at) {
    const chunk = this.chunks[at];
    if (!chunk || chunk.hasChildNodes()) return;
    this.watch.unobserve(chunk);
    chunk.classList.add("drawn");
    chunk.append(...this.of(at).map((line, row) => this.row(line, at * CHUNK + row)));
  }

  /** @param {number} at
   * @param {number} touched */
  refresh(at, touched) {
    const chunk = this.chunks[at], first = Math.max(0, touched - at * CHUNK);
    this.size(at);
    if (!chunk.hasChildNodes()) return;
    const rows = this.of(at).slice(first).map((line, row) => this.row(line, at * CHUNK + first + row));
    while (chunk.childNodes.length > first) chunk.lastChild?.remove();
    chunk.append(...rows);
  }

  /** @param {Line} line
   * @param {number} number */
  row(line, number) {
    const shown = line.text.length > LONGEST ? part(line.runs, 0, LONGEST) : line.runs;
    const rest = line.text.length > LONGEST ? [html("span", { class: "dim" }, ` … ${(line.text.length - LONGEST).toLocaleString("en")} more signs in this line`)] : [];
    const runs = marked(shown, this.marks.get(number) ?? [], this.current);
    return html("div", { class: line.stream === "err" ? "err" : undefined, "data-line": number }, ...runs, ...rest, "\n");
  }

  /** Mark what was found; *current* stands out.
   * @param {Match[]} found
   * @param {Match|undefined} current */
  mark(found, current) {
    const before = this.marks;
    this.marks = new Map();
    for (const match of found) {
      const held = this.marks.get(match[0]);
      if (held) held.push(match);
      else this.marks.set(match[0], [match]);
    }
    this.current = current;
    for (const number of new Set([...before.keys(), ...this.marks.keys()])) this.redraw(number);
  }

  /** @param {number} number of a line */
  redraw(number) {
    const chunk = this.chunks[Math.floor(number / CHUNK)], row = chunk?.childNodes[number % CHUNK], line = this.lines[number];
    if (row && line) row.replaceWith(this.row(line, number));
  }

  /** @param {number} number of a line, which is scrolled to */
  reveal(number) {
    const at = Math.floor(number / CHUNK);
    for (const near of [at - 1, at, at + 1]) this.fill(near);
    const row = /** @type {HTMLElement|undefined} */ (this.chunks[at]?.childNodes[number % CHUNK]);
    if (!row) return;
    const { root } = this, seen = root.getBoundingClientRect(), place = row.getBoundingClientRect();
    if (place.top < seen.top + 4 || place.bottom > seen.bottom - 4) root.scrollTop += place.top - seen.top - root.clientHeight / 3;
    const found = row.querySelector(".now")?.getBoundingClientRect();
    if (found && (found.left < seen.left || found.right > seen.right)) root.scrollLeft += found.left - seen.left - root.clientWidth / 3;
  }

  /** The first line in sight. */
  get top() {
    const top = this.root.getBoundingClientRect().top;
    const chunk = this.chunks.findIndex((one) => one.getBoundingClientRect().bottom > top);
    if (chunk < 0) return 0;
    const row = [...this.chunks[chunk].childNodes].findIndex((one) => /** @type {Element} */ (one).getBoundingClientRect().bottom > top);
    return chunk * CHUNK + Math.max(0, row);
  }
}

/** A line's runs as text nodes and spans, what was found in it in marks.
 * @param {[string, string][]} runs
 * @param {Match[]} found
 * @param {Match|undefined} current
 * @returns {(Node|string)[]} */
export function marked(runs, found, current) {
  /** @type {(Node|string)[]} */
  const shown = [];
  const add = (/** @type {[string, string][]} */ some) => shown.push(...some.map(([text, style]) => (style ? html("span", { class: style }, text) : text)));
  let at = 0;
  for (const match of found) {
    add(part(runs, at, match[1]));
    const inside = part(runs, match[1], match[2]).map(([text, style]) => (style ? html("span", { class: style }, text) : text));
    if (inside.length) shown.push(html("mark", { class: match === current ? "now" : undefined }, ...inside));
    at = match[2];
  }
  add(part(runs, at, Infinity));
  return shown;
}
