/** @typedef {import("./types.js").Model} Model */
/** A signal of JupyterLab's. @typedef {{connect(heard: Function): void, disconnect(heard: Function): void}} Signal */
/** @typedef {{status: string, connectionStatus: string, statusChanged: Signal, connectionStatusChanged: Signal}} Connection */

const GONE = ["restarting", "autorestarting", "terminating", "dead"];

/** What the page itself knows of the kernel behind a model. Front ends need not tell (JupyterLab and Notebook 7 do):
 * where they do not, it is taken for there and idle, and only its answers show how it is. */
export class Kernel {
  /** @param {Model} model
   * @param {{changed(): void, back(): void}} heard *changed*: it has gone, or the line to it was cut; *back*: the line stands again
   * @param {AbortSignal} life */
  constructor(model, heard, life) {
    /** @type {Connection|undefined} */
    this.told = model.widget_manager?.kernel;
    this.gone = false; // what the model was made by will never answer again
    this.cut = navigator.onLine === false;
    const status = (/** @type {unknown} */ _, /** @type {string} */ now) => {
      if (this.gone || !GONE.includes(now)) return;
      this.gone = true;
      heard.changed();
    };
    const line = (/** @type {boolean} */ cut) => {
      if (this.cut === cut) return;
      this.cut = cut;
      heard.changed();
      if (!cut) heard.back();
    };
    const connection = (/** @type {unknown} */ _, /** @type {string} */ now) => line(now !== "connected");
    if (this.told?.statusChanged) {
      this.told.statusChanged.connect(status);
      this.told.connectionStatusChanged?.connect(connection);
    } else {
      window.addEventListener("offline", () => line(true), { signal: life });
      window.addEventListener("online", () => line(false), { signal: life });
    }
    life.addEventListener("abort", () => {
      this.told?.statusChanged?.disconnect(status);
      this.told?.connectionStatusChanged?.disconnect(connection);
    });
  }

  /** A cell keeps it busy, as far as the page knows. */
  get busy() {
    return this.told?.status === "busy";
  }
}
