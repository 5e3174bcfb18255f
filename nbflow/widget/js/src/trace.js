import { control, html, say } from "./dom.js";
import { frames } from "./frames.js";

const OWN = 9, ERROR = 6; // lines of a long traceback that are shown without being asked for

/** A traceback: the lines of the job's own cell stand out, and lead there. */
export class Trace {
  /** @param {(line: number) => void} go to a line of the cell
   * @param {AbortSignal} signal */
  constructor(go, signal) {
    this.text = control("pre", { class: "trace", tabindex: 0, role: "group", "aria-label": "traceback" });
    this.copy = control("button", { class: "small" }, "Copy");
    this.all = control("button", { class: "small" });
    this.root = html("div", { class: "traced-back" }, html("div", { class: "loghead" }, html("span", { class: "dim" }, "where it failed"), html("span", { class: "logtools" }, this.all, this.copy)), this.text);
    this.root.hidden = true;
    this.told = "";
    this.job = "";
    this.whole = false;
    this.all.addEventListener("click", () => {
      this.whole = !this.whole;
      this.draw();
    }, { signal });
    this.copy.addEventListener("click", () => {
      void navigator.clipboard?.writeText(this.told).then(() => {
        say(this.copy, "Copied");
        setTimeout(() => say(this.copy, "Copy"), 1500);
      });
    }, { signal });
    this.text.addEventListener("click", (event) => {
      const line = Number(/** @type {Element} */ (event.target).closest("[data-at]")?.getAttribute("data-at"));
      if (line) go(line);
    }, { signal });
  }

  /** @param {string} job
   * @param {string} traceback */
  paint(job, traceback) {
    if (this.told === traceback && this.job === job) return;
    [this.told, this.job, this.whole] = [traceback, job, false];
    this.root.hidden = !traceback.trim();
    this.draw();
  }

  draw() {
    const lines = frames(this.told, this.job), short = condensed(lines), last = lines.findLast(({ kind }) => kind === "own")?.line;
    this.all.hidden = short.length === lines.length;
    say(this.all, this.whole ? "Less" : `All ${lines.length} lines`);
    this.text.replaceChildren(...(this.whole ? lines : short).map(({ text, kind, line }) => {
      const here = kind !== "error" && line && line === last ? " here" : "";
      if (kind === "own") return html("div", { class: `own${here}` }, control("button", { class: "frame", "data-at": line, title: `line ${line} of the cell` }, text.trimStart()), "\n");
      return html("div", { class: `${kind}${here}` }, `${text}\n`);
    }));
  }
}

/** What matters of a long traceback: the last lines of the job's own, and what they led to.
 * @param {import("./frames.js").Told[]} lines
 * @returns {import("./frames.js").Told[]} */
function condensed(lines) {
  const own = lines.filter(({ kind }) => kind === "own" || kind === "text").slice(-OWN), errors = lines.filter(({ kind }) => kind === "error");
  const last = lines.findLastIndex(({ kind }) => kind === "own" || kind === "text"), error = lines.findLastIndex(({ kind }) => kind === "error");
  const told = lines.slice(lines.findLastIndex(({ kind }, at) => kind !== "error" && at < error) + 1).filter(({ kind }) => kind === "error");
  const between = error - told.length - last > 0 ? [{ text: "  …", kind: /** @type {""} */ (""), line: 0 }] : [];
  const found = own.length && errors.length ? [...own, ...between, ...told.slice(0, ERROR)] : lines;
  return found.length + 3 < lines.length ? found : lines;
}
