import { control, html, icon, say, set } from "./dom.js";

const LENS = { stroke: "M9.2,5.6A3.6,3.6 0 1 1 2,5.6A3.6,3.6 0 1 1 9.2,5.6ZM8.4,8.4L12,12", fill: "" };

/** What a person looks for: jobs of some statuses, or whose names hold some text. */
export class Finder {
  /** @param {{changed(): void, next(back: boolean): void}} heard
   * @param {AbortSignal} signal */
  constructor(heard, signal) {
    this.heard = heard;
    /** @type {Set<string>} */
    this.letters = new Set();
    this.open = control("button", { class: "lens", "aria-label": "Find jobs by name", title: "find jobs by name (/)", "aria-keyshortcuts": "/" }, icon(LENS));
    this.input = /** @type {HTMLInputElement} */ (control("input", { class: "find", type: "search", placeholder: "find a job", "aria-label": "Find jobs by name", spellcheck: "false" }));
    this.found = html("span", { class: "found dim", role: "status" });
    this.root = html("span", { class: "finder" }, this.input, this.found, this.open);
    this.show(false);
    this.open.addEventListener("click", () => this.begin(), { signal });
    this.input.addEventListener("input", () => this.heard.changed(), { signal });
    this.input.addEventListener("keydown", (event) => this.key(event), { signal });
    this.input.addEventListener("blur", () => this.input.value || this.show(false), { signal });
  }

  /** @param {boolean} shown */
  show(shown) {
    this.input.hidden = this.found.hidden = !shown;
    this.open.hidden = shown;
  }

  begin() {
    this.show(true);
    this.input.focus();
    this.input.select();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "Escape") {
      this.input.value = "";
      this.show(false);
      this.heard.changed();
      this.open.focus();
    } else if (event.key === "Enter") {
      this.heard.next(event.shiftKey);
    } else {
      event.stopPropagation(); // a letter is no command here
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** Show one status more, or less; none means all.
   * @param {string} letter */
  toggle(letter) {
    if (!this.letters.delete(letter)) this.letters.add(letter);
    this.heard.changed();
  }

  get text() {
    return this.input.value.trim().toLowerCase();
  }

  /** Nothing is left out. */
  get idle() {
    return !this.text && !this.letters.size;
  }

  /** @param {string} name
   * @param {string} letter */
  wants(name, letter) {
    return (!this.letters.size || this.letters.has(letter)) && name.toLowerCase().includes(this.text);
  }

  /** Which jobs are wanted; null where all are.
   * @param {string[]} names
   * @param {string} status
   * @returns {boolean[]|null} */
  among(names, status) {
    if (this.idle) return null;
    const wanted = names.map((name, at) => this.wants(name, status[at]));
    const count = wanted.filter(Boolean).length;
    say(this.found, this.text ? (count ? `${count} of ${names.length}` : "none") : "");
    set(this.input, "aria-invalid", count ? "false" : "true");
    return wanted;
  }
}

/** The next wanted job after one, around the end.
 * @param {boolean[]} wanted
 * @param {number} from -1: from the first
 * @param {boolean} back
 * @returns {number} -1 if there is none */
export function next(wanted, from, back) {
  const count = wanted.length;
  for (let step = 1; step <= count; step += 1) {
    const at = (((back ? from - step : from + step) % count) + count) % count;
    if (wanted[at]) return at;
  }
  return -1;
}
