import { control, html, set } from "./dom.js";
import { KEYS } from "./keys.js";

/** All keys in a small panel over the view. */
export class Help {
  /** @param {AbortSignal} signal */
  constructor(signal) {
    this.button = control("button", { class: "help", "aria-label": "All keys", title: "all keys (?)", "aria-keyshortcuts": KEYS.help.aria, "aria-haspopup": "dialog", "aria-expanded": "false" }, "?");
    this.shut = control("button", { class: "shut", "aria-label": "Close" }, "✕");
    const rows = Object.values(KEYS).map(({ keys, does }) => html("tr", {}, html("th", { scope: "row" }, ...marked(keys)), html("td", {}, ...marked(does))));
    this.panel = control("div", { class: "panel", role: "dialog", "aria-modal": "true", "aria-label": "All keys", tabindex: -1 },
      html("div", { class: "title" }, html("b", { class: "name" }, "Keys"), this.shut), html("table", {}, html("tbody", {}, ...rows)));
    this.root = html("div", { class: "veil" }, this.panel);
    this.root.hidden = true;
    /** @type {Element|null} */
    this.from = null; // what had the focus before
    this.button.addEventListener("click", () => this.open(), { signal });
    this.shut.addEventListener("click", () => this.close(), { signal });
    this.root.addEventListener("pointerdown", (event) => event.target === this.root && this.close(), { signal });
    this.root.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  open() {
    this.from = document.activeElement;
    this.root.hidden = false;
    set(this.button, "aria-expanded", "true");
    this.shut.focus();
  }

  close() {
    this.root.hidden = true;
    set(this.button, "aria-expanded", "false");
    const from = /** @type {HTMLElement|null} */ (this.from);
    (from?.isConnected ? from : this.button).focus({ preventScroll: true });
  }

  /** The focus stays within, and no key goes further.
   * @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "Escape" || event.key === "?") this.close();
    else if (event.key === "Tab") (document.activeElement === this.shut ? this.panel : this.shut).focus();
    else {
      event.stopPropagation();
      return; // arrow keys scroll
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

/** What stands between accents is a key.
 * @param {string} text
 * @returns {(Node|string)[]} */
function marked(text) {
  return text.split("`").map((part, at) => (at % 2 ? html("kbd", {}, part) : part));
}
