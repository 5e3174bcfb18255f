import { control, html, say } from "./dom.js";
import { HINT, KEYS } from "./keys.js";

const FOR = 5000, LONG = 10_000; // milliseconds that something said stands in the footer; what went wrong, or can be taken back
const TELL_EVERY = 5000; // milliseconds between two announcements of counts

/** What the view says: in its footer, and to screen readers. */
export class Voice {
  /** @param {Record<string, import("./types.js").Look>} looks
   * @param {AbortSignal} life */
  constructor(looks, life) {
    this.looks = looks;
    this.note = html("span", { class: "note" });
    this.undo = control("button", { class: "undo", "aria-keyshortcuts": KEYS.undo.aria }, "Undo (Z)");
    this.undo.hidden = true;
    this.root = html("span", { class: "saying" }, this.note, this.undo);
    this.live = html("div", { class: "spoken", role: "status", "aria-live": "polite" });
    this.owed = ""; // what is to be said of what the kernel owes
    /** @type {number|null} */
    this.offered = null; // the number of the request that can be taken back
    this.empty = true; // there is nothing that keys could do something with
    this.told = 0;
    this.spoken = "";
    /** @type {any} */
    this.fading = undefined; // runs while something said stands there
    life.addEventListener("abort", () => clearTimeout(this.fading));
  }

  /** @param {string} text
   * @param {{stays?: boolean, trouble?: boolean}} [how] *stays*: until something else is said */
  say(text, { stays = false, trouble = false } = {}) {
    say(this.note, text);
    say(this.live, text);
    this.offer(null);
    this.mark(true, trouble);
    this.fade(stays ? 0 : trouble ? LONG : FOR);
  }

  /** Offer to take back what was just done; null: no more.
   * @param {number|null} number of the request */
  offer(number) {
    this.offered = number;
    if (number === null && document.activeElement === this.undo) /** @type {HTMLElement|null} */ (this.note.closest(".nbflow-view")?.querySelector(".node[tabindex='0']"))?.focus({ preventScroll: true });
    this.undo.hidden = number === null;
    if (number === null) return;
    say(this.live, `${this.note.textContent} Z takes it back.`);
    this.fade(LONG);
  }

  /** @param {number} after milliseconds; 0: never */
  fade(after) {
    clearTimeout(this.fading);
    this.fading = !after ? undefined : setTimeout(() => {
      this.fading = undefined;
      this.offer(null);
      this.mark(false);
      this.hint();
    }, after);
  }

  /** What keys do, unless there is something to be said. */
  hint() {
    if (this.fading !== undefined) return;
    this.mark(this.owed !== "");
    say(this.note, this.owed || (this.empty ? "" : HINT));
  }

  /** @param {boolean} on the note is for somebody to read now
   * @param {boolean} [trouble] something did not work */
  mark(on, trouble = false) {
    this.root.classList.toggle("trouble", trouble);
    this.root.parentElement?.classList.toggle("told", on);
  }

  /** @param {string} text what is to be said of what the kernel owes; "" if it owes nothing
   * @param {boolean} calm it will come by itself */
  owe(text, calm) {
    if (text === this.owed) return;
    this.owed = text;
    this.note.closest(".nbflow-view")?.classList.toggle("silent", text !== "" && !calm);
    if (text) {
      clearTimeout(this.fading);
      this.fading = undefined;
      this.offer(null);
      say(this.live, text);
    }
    this.hint();
  }

  /** How the run stands, now and then, for those who do not see it.
   * @param {import("./types.js").Head} head */
  counts(head) {
    const words = head.counts.map(([letter, count]) => `${count} ${this.looks[letter]?.word}`).join(", ");
    if (words === this.spoken || (Date.now() - this.told < TELL_EVERY && head.verdict === "running")) return;
    [this.spoken, this.told] = [words, Date.now()];
    if (this.fading === undefined) say(this.live, `${head.flow}: ${words}`);
  }
}
