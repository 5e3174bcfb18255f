import { Book, added } from "./book.js";
import { asText } from "./courier.js";
import { control, html, say, set } from "./dom.js";
import { FindBar } from "./findbar.js";
import { Reader } from "./lines.js";
import { matches, nearest } from "./looking.js";
import { fileName, save, whole } from "./saving.js";
import { Sheet } from "./sheet.js";
import { size } from "./words.js";

/** @typedef {{run: number, job: string, place: import("./types.js").Place, what: string, log: import("./types.js").Log|undefined, going: boolean}} Looked *what*: it is of */

const NEAR = 12; // pixels from its end at which a log is followed
const PATIENCE = 2500; // milliseconds until what was missed is given up

/** The log of an attempt or a step: its end, which it follows, and whatever of it is asked for. */
export class LogView {
  /** @param {import("./courier.js").Courier} courier
   * @param {AbortSignal} signal */
  constructor(courier, signal) {
    this.courier = courier;
    this.title = html("span", { class: "logtitle dim" });
    this.find = control("button", { class: "small", title: "find in the log (Ctrl+F)" }, "Find");
    this.wrap = control("button", { class: "small", "aria-pressed": "false", title: "break long lines" }, "Wrap");
    this.copy = control("button", { class: "small copy", title: "copy the log" }, "Copy");
    this.keep = control("button", { class: "small keep", title: "save the whole log as a file" }, "Save");
    this.bar = new FindBar({ look: (wanted) => this.look(wanted), go: (step) => this.go(step), all: () => void this.load(true), end: () => this.endSearch() }, signal);
    this.more = control("button", { class: "small more" });
    this.text = control("pre", { class: "log", tabindex: 0, role: "log", "aria-live": "off" });
    this.jump = control("button", { class: "jump" });
    this.tools = html("span", { class: "logtools" }, this.find, this.wrap, this.copy, this.keep);
    this.box = html("div", { class: "logbox" }, this.text, this.jump);
    this.root = html("div", { class: "printed" }, html("div", { class: "loghead" }, this.title, this.more, this.tools), this.bar.root, this.box);
    this.sheet = new Sheet(this.text, signal);
    this.book = new Book();
    this.reader = new Reader();
    /** @type {import("./types.js").Piece[]} */
    this.read = [];
    /** @type {Looked|null} */
    this.now = null;
    this.shown = ""; // the job and place whose log is there
    this.followed = true;
    this.top = 0; // where it was scrolled to
    this.fresh = 0; // lines that have come below what is in sight
    this.asking = false;
    /** @type {AbortController|null} */
    this.saving = null;
    /** @type {import("./looking.js").Match[]} */
    this.found = [];
    this.at = -1;
    this.listen(signal);
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    this.find.addEventListener("click", () => this.bar.begin(), { signal });
    this.wrap.addEventListener("click", () => {
      const on = this.text.classList.toggle("wrapped");
      set(this.wrap, "aria-pressed", on ? "true" : "false");
      if (this.followed) this.sheet.end();
    }, { signal });
    this.copy.addEventListener("click", () => void this.copyAll(), { signal });
    this.keep.addEventListener("click", () => (this.saving ? this.saving.abort() : void this.save()), { signal });
    this.more.addEventListener("click", () => void this.load(false), { signal });
    this.jump.addEventListener("click", () => this.follow(), { signal });
    this.text.addEventListener("scroll", () => this.scrolled(), { signal });
    this.root.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "f" || !(event.ctrlKey || event.metaKey) || this.box.hidden) return;
      this.bar.begin();
      event.preventDefault();
      event.stopPropagation();
    }, { signal });
    const sized = new ResizeObserver(() => { if (this.followed) this.sheet.end(); });
    sized.observe(this.text);
    signal.addEventListener("abort", () => {
      sized.disconnect();
      this.saving?.abort();
    });
  }

  /** @param {Looked|null} looked */
  paint(looked) {
    this.root.hidden = !looked;
    this.now = looked;
    if (!looked) return;
    const key = JSON.stringify([looked.run, looked.job, looked.place]), fresh = key !== this.shown;
    if (fresh) this.begin(key);
    if (looked.log) this.book.take(looked.log);
    this.show(fresh);
    this.mend();
  }

  /** @param {string} key of another log */
  begin(key) {
    this.shown = key;
    this.book = new Book();
    this.reader = new Reader();
    [this.read, this.followed, this.fresh, this.asking] = [[], true, 0, false];
    this.saving?.abort();
  }

  /** Show what is in the book.
   * @param {boolean} fresh of another log than before */
  show(fresh) {
    const pieces = this.book.pieces, news = fresh ? null : added(this.read, pieces);
    const before = this.reader.lines.length;
    if (news === null) this.reader = new Reader();
    this.reader.touched = this.reader.lines.length;
    this.reader.feed(news ?? pieces);
    this.read = pieces;
    if (news === null) this.sheet.begin(this.reader.lines);
    else if (news.length) this.sheet.grow(this.reader.lines, this.reader.touched);
    if (this.followed && (fresh || !news || news.length)) this.sheet.end();
    else if (news) this.fresh += this.reader.lines.length - before;
    if (!news || news.length) this.searchAgain();
    this.tell();
  }

  /** What is said around the log. */
  tell() {
    const { now, book } = this;
    if (!now) return;
    const empty = !this.reader.lines.length, both = new Set(this.read.map(([stream]) => stream)).size > 1;
    say(this.title, !now.log ? `log of ${now.what}` : empty ? `${now.what} has printed nothing${now.going ? " yet" : ""}` : `log of ${now.what}${book.size > 2000 && !book.before ? ` · ${size(book.size)}` : ""}`);
    set(this.keep, "title", `save the whole log${book.size > 2000 ? `, ${size(book.size)},` : ""} as a file`);
    this.box.hidden = this.tools.hidden = empty;
    if (empty) this.bar.root.hidden = true;
    this.text.classList.toggle("both", both);
    set(this.text, "aria-label", `log of ${now.job}, ${now.what}`);
    this.box.style.setProperty("--least", `${Math.min(8, this.reader.lines.length) * 18 + 14}px`);
    this.more.hidden = !book.before;
    say(this.more, this.asking ? "…" : `↑ ${size(book.before)}`);
    set(this.more, "aria-label", `↑ ${size(book.before)} before`);
    set(this.more, "title", `show what comes before: ${size(book.before)}`);
    this.tellEnd();
  }

  /** The way to the end, where that is out of sight. */
  tellEnd() {
    this.jump.hidden = this.followed;
    say(this.jump, this.fresh > 0 ? `↓ ${this.fresh.toLocaleString("en")} new line${this.fresh === 1 ? "" : "s"}` : "↓ to the end");
    set(this.jump, "class", `jump${this.fresh > 0 ? " fresh" : ""}`);
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.text;
    if (scrollHeight - scrollTop - clientHeight < NEAR) [this.followed, this.fresh] = [true, 0];
    else if (scrollTop < this.top) this.followed = false; // moved up by somebody: what moves it otherwise does not count
    this.top = scrollTop;
    this.tellEnd();
    if (scrollTop < NEAR && !this.followed && this.book.before) void this.load(false);
  }

  follow() {
    [this.followed, this.fresh] = [true, 0];
    this.sheet.end();
    this.tellEnd();
    this.text.focus();
  }

  /** Have what was missed between two tails told. */
  mend() {
    const ask = this.book.missing, { now, book } = this;
    if (!ask || !now || this.asking) return;
    this.asking = true;
    const late = setTimeout(() => {
      book.skip();
      this.done(book);
    }, PATIENCE);
    const heard = (/** @type {import("./courier.js").Fetched} */ part) => void book.put(asText(part));
    void this.courier.fetch(now.job, now.place, ask).then(heard, () => book.skip()).then(() => {
      clearTimeout(late);
      this.done(book);
    });
  }

  /** @param {Book} book for which something was asked */
  done(book) {
    if (book !== this.book) return;
    this.asking = false;
    this.show(false);
    this.mend();
  }

  /** Have what comes before told; what is in sight stays where it is.
   * @param {boolean} all */
  async load(all) {
    const { now, book } = this;
    if (!now || this.asking || !book.earlier) return;
    this.asking = true;
    this.tell();
    try {
      do {
        const part = await this.courier.fetch(now.job, now.place, book.earlier);
        if (book !== this.book || !book.put(asText(part))) break;
        say(this.more, `${size(book.size - book.before)} of ${size(book.size)}`);
        if (all && book.before) await new Promise((done) => setTimeout(done, part.wire / 100));
      } while (all && book.earlier);
    } catch {
      say(this.more, "the kernel does not give it"); // why is said below the picture
    }
    if (book !== this.book) return;
    this.asking = false;
    const below = this.text.scrollHeight - this.text.scrollTop, { followed } = this;
    this.followed = false;
    this.show(false);
    this.followed = followed;
    if (!all) this.text.scrollTop = this.text.scrollHeight - below;
    this.tellEnd();
  }

  // --- looking for something
  /** @param {string} wanted */
  look(wanted) {
    this.found = matches(this.reader.lines, wanted);
    this.at = nearest(this.found, this.sheet.top);
    this.showFound(true);
  }

  searchAgain() {
    if (this.bar.root.hidden) return;
    const held = this.found[this.at];
    this.found = matches(this.reader.lines, this.bar.field.value);
    this.at = held ? nearest(this.found, held[0]) : this.found.length ? 0 : -1;
    this.showFound(false);
  }

  /** @param {1|-1} step */
  go(step) {
    if (!this.found.length) return;
    this.at = (this.at + step + this.found.length) % this.found.length;
    this.showFound(true);
  }

  /** @param {boolean} reveal */
  showFound(reveal) {
    const current = this.found[this.at], { book } = this;
    this.sheet.mark(this.found, current);
    if (reveal && current) {
      this.followed = false;
      this.sheet.reveal(current[0]);
      this.scrolled();
    }
    this.bar.tell(this.at, this.found.length, book.before ? `the last ${size(book.size - book.before)}` : "");
  }

  endSearch() {
    this.found = [];
    this.sheet.mark([], undefined);
    this.text.focus();
  }

  // --- taking it along
  async copyAll() {
    await navigator.clipboard?.writeText(this.reader.lines.map(({ text }) => text).join("\n"));
    say(this.copy, "Copied");
    setTimeout(() => say(this.copy, "Copy"), 1500);
  }

  async save() {
    const { now } = this, stop = new AbortController();
    if (!now) return;
    this.saving = stop;
    const told = (/** @type {number} */ bytes, /** @type {number} */ all) => say(this.keep, `${size(bytes)} of ${size(all)} · Stop`);
    try {
      say(this.keep, "Stop");
      const bytes = await whole((ask) => this.courier.fetch(now.job, now.place, ask), told, stop.signal);
      const traceback = now.log?.traceback;
      save(traceback ? [...bytes, "\n", traceback, "\n"] : bytes, fileName(now.job, now.what.replace(/^the /, "")));
      say(this.keep, "Saved");
    } catch {
      say(this.keep, stop.signal.aborted ? "Stopped" : "Not saved");
    }
    this.saving = null;
    setTimeout(() => { if (!this.saving) say(this.keep, "Save"); }, 1500);
  }
}
