/** @typedef {import("./actions.js").Foretold} Foretold */

const EVERY = 400; // milliseconds between two questions
const MOST = 5000; // jobs: for more, nobody is asked

/** What a retry of what is selected would bring: asked for once it is selected, and when it stands otherwise. */
export class Foreseen {
  /** @param {import("./present.js").Present} present
   * @param {(names: string[]) => number} ask gives the number of the question
   * @param {AbortSignal} life */
  constructor(present, ask, life) {
    this.present = present;
    this.ask = ask;
    /** @type {{key: string, told: Foretold|null}} */
    this.known = { key: "", told: null };
    this.asked = { key: "", number: -1 }; // what was asked last: no other answer is waited for
    /** @type {{key: string, names: string[]}|null} */
    this.wanted = null;
    /** @type {any} */
    this.resting = undefined;
    life.addEventListener("abort", () => clearTimeout(this.resting));
  }

  /** @param {string[]} names
   * @param {string} standing how they stand
   * @returns {Foretold|null} null while it is not known */
  of(names, standing) {
    if (!names.length || names.length > MOST || !this.present.live) return null;
    const key = `${standing}\n${names.join("\n")}`;
    if (key === this.known.key) return this.known.told;
    if (key !== this.asked.key) this.want(key, names);
    return null;
  }

  /** @param {string} key
   * @param {string[]} names */
  want(key, names) {
    this.wanted = { key, names };
    if (this.resting !== undefined) return;
    this.go();
    this.resting = setTimeout(() => {
      this.resting = undefined;
      this.go();
    }, EVERY);
  }

  go() {
    if (!this.wanted) return;
    const { key, names } = this.wanted;
    this.wanted = null;
    this.asked = { key, number: this.ask(names) };
  }

  /** @param {number} number of the question
   * @param {Foretold|null} told null: nobody knows */
  take(number, told) {
    if (number === this.asked.number) this.known = { key: this.asked.key, told };
  }
}
