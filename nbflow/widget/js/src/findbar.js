import { control, html, say, set } from "./dom.js";
import { MOST } from "./looking.js";

/** A field to look for something in a log, and how many there are. */
export class FindBar {
  /** @param {{look(wanted: string): void, go(step: 1|-1): void, all(): void, end(): void}} heard
   * @param {AbortSignal} signal */
  constructor(heard, signal) {
    this.field = /** @type {HTMLInputElement} */ (control("input", { class: "find", type: "search", placeholder: "find in log", "aria-label": "find in log", autocomplete: "off", spellcheck: "false" }));
    this.count = html("span", { class: "count dim", role: "status" });
    this.all = control("button", { class: "small" }, "Search all of it");
    const before = control("button", { class: "small", "aria-label": "previous" }, "↑"), after = control("button", { class: "small", "aria-label": "next" }, "↓");
    const shut = control("button", { class: "small", "aria-label": "end the search" }, "✕");
    this.root = html("div", { class: "findbar" }, this.field, this.count, before, after, this.all, shut);
    this.root.hidden = this.all.hidden = true;
    this.heard = heard;
    this.field.addEventListener("input", () => heard.look(this.field.value), { signal });
    before.addEventListener("click", () => heard.go(-1), { signal });
    after.addEventListener("click", () => heard.go(1), { signal });
    this.all.addEventListener("click", () => heard.all(), { signal });
    shut.addEventListener("click", () => this.end(), { signal });
    this.root.addEventListener("keydown", (event) => this.keydown(event), { signal });
  }

  /** @param {KeyboardEvent} event */
  keydown(event) {
    if (event.key === "Enter" && event.target === this.field) this.heard.go(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") this.end();
    else {
      if (event.target === this.field && !event.ctrlKey && !event.metaKey) event.stopPropagation(); // a letter is no shortcut here
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  begin() {
    this.root.hidden = false;
    this.field.focus();
    this.field.select();
    this.heard.look(this.field.value);
  }

  end() {
    this.root.hidden = true;
    this.heard.end();
  }

  /** @param {number} at the current match, by number
   * @param {number} all
   * @param {string} within what has been looked through, where that is not all */
  tell(at, all, within) {
    const wanted = this.field.value, most = all >= MOST ? "+" : "";
    say(this.count, !wanted ? "" : (all ? `${at + 1} of ${all.toLocaleString("en")}${most}` : "none") + (within ? ` in ${within}` : ""));
    set(this.field, "aria-invalid", wanted && !all ? "true" : undefined);
    this.all.hidden = !within || !wanted;
  }
}
