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
      const step = { ArrowRight: 1, ArrowLeft: -1 }[/** @type {"ArrowRight"} */ (event.key)];
      if (!step) return;
      const name = this.names[(this.names.indexOf(this.open) + step + this.names.length) % this.names.length];
      chosen(name);
      this.buttons.get(name)?.focus();
      event.preventDefault();
      event.stopPropagation();
    }, { signal });
    this.show(this.open);
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
