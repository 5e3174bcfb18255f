import { control, html, set } from "./dom.js";

/** One panel at a time: arrow keys go from tab to tab. */
export class Tabs {
  /** @param {[name: string, panel: HTMLElement][]} panels
   * @param {(name: string) => void} chosen
   * @param {AbortSignal} signal */
  constructor(panels, chosen, signal) {
    const id = `nbflow-${Math.random().toString(36).slice(2)}`;
    this.panels = new Map(panels);
    this.names = [...this.panels.keys()];
    this.open = this.names[0];
    this.buttons = new Map(this.names.map((name) => [name, control("button", { class: "tab", role: "tab", id: `${id}-${name}`, "aria-controls": `${id}-${name}-panel` }, name)]));
    for (const [name, panel] of this.panels) {
      set(panel, "role", "tabpanel");
      set(panel, "id", `${id}-${name}-panel`);
      set(panel, "aria-labelledby", `${id}-${name}`);
    }
    this.list = html("div", { class: "tabs", role: "tablist" }, ...this.buttons.values());
    this.root = html("div", { class: "panels" }, this.list, ...this.panels.values());
    this.list.addEventListener("click", (event) => {
      const name = this.names.find((one) => this.buttons.get(one) === /** @type {Element} */ (event.target).closest(".tab"));
      if (name) chosen(name);
    }, { signal });
    this.list.addEventListener("keydown", (event) => {
      const at = this.names.indexOf(this.open), last = this.names.length - 1;
      const to = /** @type {Record<string, number>} */ ({ ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at ? at - 1 : last, Home: 0, End: last });
      if (!Object.hasOwn(to, event.key)) return;
      chosen(this.names[to[event.key]]);
      this.focus();
      event.preventDefault();
      event.stopPropagation();
    }, { signal });
    this.show(this.open);
  }

  /** Put the keyboard on the tab that is open. */
  focus() {
    this.buttons.get(this.open)?.focus({ preventScroll: true });
  }

  /** @param {string} name */
  show(name) {
    this.open = name;
    for (const [one, panel] of this.panels) {
      const on = one === name, button = /** @type {HTMLElement} */ (this.buttons.get(one));
      panel.hidden = !on;
      set(button, "aria-selected", on ? "true" : "false");
      set(button, "tabindex", on ? 0 : -1);
    }
  }
}
