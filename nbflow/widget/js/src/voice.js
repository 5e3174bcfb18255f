import { html, say } from "./dom.js";

const HINT = "arrows walk · Enter opens · R retry · S skip · C cancel · P pause · T timeline · / find · Esc closes";
const FOR = 5000; // milliseconds that something said stands in the footer
const TELL_EVERY = 5000; // milliseconds between two announcements of counts

/** What the view says: in its footer, and to screen readers. */
export class Voice {
  /** @param {Record<string, import("./types.js").Look>} looks
   * @param {AbortSignal} life */
  constructor(looks, life) {
    this.looks = looks;
    this.note = html("span", { class: "note" });
    this.live = html("div", { class: "spoken", role: "status", "aria-live": "polite" });
    this.owed = ""; // what is to be said of what the kernel owes
    this.empty = true; // there is nothing that keys could do something with
    this.told = 0;
    this.spoken = "";
    /** @type {any} */
    this.fading = undefined; // runs while something said stands there
    life.addEventListener("abort", () => clearTimeout(this.fading));
  }

  /** @param {string} text
   * @param {boolean} [stays] until something else is said */
  say(text, stays = false) {
    say(this.note, text);
    say(this.live, text);
    this.tell(true);
    clearTimeout(this.fading);
    this.fading = stays ? undefined : setTimeout(() => {
      this.fading = undefined;
      this.tell(false);
      this.hint();
    }, FOR);
  }

  /** What keys do, unless there is something to be said. */
  hint() {
    if (this.fading !== undefined) return;
    this.tell(this.owed !== "");
    say(this.note, this.owed || (this.empty ? "" : HINT));
  }

  /** @param {boolean} on the note is for somebody to read now */
  tell(on) {
    this.note.parentElement?.classList.toggle("told", on);
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
