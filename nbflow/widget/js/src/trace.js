import { control, html, say, set } from "./dom.js";
import { frames } from "./frames.js";

const MANY = 14; // lines of a traceback that are shown without being asked for

/** A traceback: the lines of the job's own cell stand out, and lead there. */
export class Trace {
  /** @param {(line: number) => void} go to a line of the cell
   * @param {AbortSignal} signal */
  constructor(go, signal) {
    this.text = control("pre", { class: "trace", tabindex: 0, "aria-label": "traceback" });
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
    const lines = frames(this.told, this.job), last = lines.findLastIndex(({ kind }) => kind === "own");
    const error = lines.findLastIndex(({ kind }) => kind === "error");
    this.all.hidden = lines.length <= MANY;
    say(this.all, this.whole ? "Less" : `All ${lines.length} lines`);
    const first = this.whole || lines.length <= MANY ? 0 : last >= 0 && last >= lines.length - MANY ? last : Math.max(0, error - 1);
    const middle = !this.whole && lines.length > MANY && last >= 0 && last < first;
    const shown = [...(middle ? lines.slice(last, last + 2) : []), ...lines.slice(first)];
    this.text.replaceChildren(...(first ? [html("div", { class: "dim" }, "…\n")] : []), ...shown.map(({ text, kind, line }) => {
      const here = kind === "own" && line === lines[last]?.line ? " here" : "";
      if (kind === "own") return html("div", { class: `own${here}` }, control("button", { class: "frame", "data-at": line, title: `line ${line} of the cell` }, text.trimStart()), "\n");
      return html("div", { class: kind + (kind === "text" && line === lines[last]?.line ? " here" : "") || undefined }, `${text}\n`);
    }));
    set(this.text, "data-lines", lines.length);
  }
}
