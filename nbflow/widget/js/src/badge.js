/** @typedef {import("./ambient.js").Standing} Standing */

/** What stands before the page's title, for the flows in the page.
 * @param {Iterable<{standing: Standing, missed: boolean}>} flows *missed*: it failed while nobody looked */
export function prefix(flows) {
  let running = 0, failed = 0, going = false, missed = false;
  for (const flow of flows) {
    missed ||= flow.missed;
    if (!flow.standing.going) continue;
    going = true;
    running += flow.standing.running;
    failed += flow.standing.failed;
  }
  if (!going) return missed ? "✕ " : "";
  const said = [running ? `${running} running` : "waiting", ...(failed ? [`${failed} ✕`] : [])];
  return `(${said.join(", ")}) `;
}

/** What stands before the title of a page. Whoever changes the title meanwhile, as Jupyter does, changes what follows. */
export class Badge {
  /** @param {Document} page */
  constructor(page) {
    this.page = page;
    this.prefix = "";
    this.watch = new MutationObserver(() => this.put());
  }

  /** @param {string} prefix */
  show(prefix) {
    if (prefix === this.prefix) return;
    const title = this.title;
    if (!this.prefix) this.watch.observe(this.page.head, { childList: true, subtree: true, characterData: true });
    if (!prefix) this.watch.disconnect();
    this.prefix = prefix;
    this.page.title = prefix + title;
  }

  /** The title as it is without us. */
  get title() {
    const title = this.page.title;
    return this.prefix && title.startsWith(this.prefix.trim()) ? title.slice(this.prefix.trim().length).trimStart() : title;
  }

  put() {
    if (this.prefix && !this.page.title.startsWith(this.prefix.trim())) this.page.title = this.prefix + this.page.title;
  }
}
