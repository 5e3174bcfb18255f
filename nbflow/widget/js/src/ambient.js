import { Badge, prefix } from "./badge.js";
import { Cards } from "./cards.js";
import { tell } from "./telling.js";

/**
 * What the kernel sends (nbflow/widget/ambient.py).
 *
 * @typedef {{flow: string, run: number, going: boolean, running: number, failed: number, paused: boolean, verdict: string,
 *   said: string, why: string, still: number}} Standing *still*: seconds after which a card's clock that does not go on stands still
 */

const EVERY = 1000; // milliseconds between two looks at the page
const SHARED = Symbol.for("nbflow.ambient");

/** What the flows of a page share: their badge, and who speaks for each.
 * @returns {{badge: Badge, flows: Map<string, Ambience>}} */
function shared() {
  const page = /** @type {any} */ (window);
  return (page[SHARED] ??= { badge: new Badge(document), flows: new Map() });
}

/** One flow in one page. */
export class Ambience {
  /** @param {import("./types.js").Model} model */
  constructor(model) {
    this.model = model;
    this.cards = new Cards(model);
    /** @type {Standing} */
    this.standing = model.get("standing");
    this.missed = false; // it failed while nobody looked
    this.failed = !!this.standing.failed; // a failure of this run was told, or seen
    this.change = () => this.take(model.get("standing"));
    this.hear = (/** @type {any} */ message) => message?.kind === "cards" && this.cards.take(message.cards);
    this.look = () => this.tick();
    model.on("change:standing", this.change);
    model.on("change:cards", this.look);
    model.on("msg:custom", this.hear);
    document.addEventListener("visibilitychange", this.look);
    this.timer = setInterval(this.look, EVERY);
    const { flows } = shared();
    flows.get(this.standing.flow)?.end(); // of a kernel that was started anew
    flows.set(this.standing.flow, this);
    this.tick();
  }

  /** @param {Standing} now */
  take(now) {
    const before = this.standing;
    this.standing = now;
    if (now.run !== before.run || (now.going && !before.going)) this.failed = false;
    if (before.going && !now.going && now.run === before.run) this.ended();
    else if (now.going && now.failed && !this.failed) this.told("first failure");
    this.failed ||= now.failed > 0;
    this.tick();
  }

  ended() {
    this.missed = document.hidden && this.standing.verdict === "failed";
    this.told("end");
  }

  /** @param {string} occasion */
  told(occasion) {
    const { flow, run, verdict, said, why, going } = this.standing;
    const title = going ? `${flow}: a job failed` : `${flow}: ${verdict}`;
    tell({ title, body: [said, why].filter(Boolean).join("\n"), tag: `nbflow ${flow} ${run} ${occasion}` });
  }

  /** Whether the page shows something of the flow. */
  get here() {
    if (this.cards.here) return true;
    return [...document.querySelectorAll(".nbflow-view .flow")].some((name) => name.textContent === this.standing.flow);
  }

  tick() {
    if (!document.hidden) this.missed = false;
    this.cards.look(Date.now());
    const { badge, flows } = shared();
    badge.show(prefix([...flows.values()].filter((flow) => flow.here)));
  }

  end() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.look);
    this.model.off("change:standing", this.change);
    this.model.off("change:cards", this.look);
    this.model.off("msg:custom", this.hear);
    const { badge, flows } = shared();
    if (flows.get(this.standing.flow) === this) flows.delete(this.standing.flow);
    badge.show(prefix([...flows.values()].filter((flow) => flow.here)));
  }
}

/** What anywidget calls for the model, in every page that opens the notebook.
 * @param {{model: import("./types.js").Model}} place
 * @returns {() => void} ends it */
function initialize({ model }) {
  const flow = new Ambience(model);
  return () => flow.end();
}

export default { initialize };
