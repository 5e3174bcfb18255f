/** @typedef {import("./types.js").LogPart} LogPart */
/** @typedef {import("./types.js").At} At */
/** What is asked of a log: what begins at *start*, up to *end*; without *start* what comes just before *end*.
 * @typedef {{start?: At, end?: At}} Ask */

const FAR = 300_000; // bytes: a view that has missed more goes on from the tail, and leaves them for later

/** What a view has of a log: parts that follow each other, the last one its tail, which grows. */
export class Book {
  constructor() {
    /** @type {LogPart[]} */
    this.parts = [];
    /** @type {LogPart|null} a tail that does not follow yet: what is in between is still to come */
    this.ahead = null;
  }

  /** @param {LogPart} tail as the kernel tells it anew */
  take(tail) {
    const last = this.parts.at(-1);
    if (!last || sum(tail.to) < sum(last.to) || sum(tail.from) < sum(last.from)) this.begin(tail);
    else if (same(tail.from, last.from)) {
      if (sum(tail.to) > sum(last.to)) this.parts[this.parts.length - 1] = tail;
    } else if (same(tail.from, last.to)) this.parts.push(tail);
    else if (sum(tail.from) - sum(last.to) > FAR) this.begin(tail);
    else this.ahead = tail;
  }

  /** @param {LogPart} tail */
  begin(tail) {
    [this.parts, this.ahead] = [[tail], null];
  }

  /** What is between what is there and the tail is not to be had soon. */
  skip() {
    if (this.ahead) this.begin(this.ahead);
  }

  /** What has to be asked for, that nothing is missing in between. @returns {Ask|null} */
  get missing() {
    const last = this.parts.at(-1);
    return this.ahead && last ? { start: last.from, end: this.ahead.from } : null;
  }

  /** What has to be asked for to see what comes before. @returns {Ask|null} */
  get earlier() {
    return this.before ? { end: this.parts[0].from } : null;
  }

  /** Bytes before what is there. */
  get before() {
    return this.parts.length ? sum(this.parts[0].from) : 0;
  }

  /** Bytes of the log in all. */
  get size() {
    return sum((this.ahead ?? this.parts.at(-1))?.to ?? [0, 0]);
  }

  /** @param {LogPart} part an answer
   * @returns {boolean} whether it was of use */
  put(part) {
    const [first, last] = [this.parts[0], this.parts.at(-1)];
    if (!first || !last) return false;
    if (this.ahead && same(part.from, last.from)) {
      this.parts[this.parts.length - 1] = part;
      if (same(part.to, this.ahead.from)) {
        this.parts.push(this.ahead);
        this.ahead = null;
      } else this.parts.push({ ...part, from: part.to, pieces: [] }); // there is more than goes into one answer
      return true;
    }
    if (!same(part.to, first.from) || !part.pieces.length) return false;
    this.parts.unshift(part);
    return true;
  }

  /** All that is there. @returns {import("./types.js").Piece[]} */
  get pieces() {
    return this.parts.flatMap((part) => part.pieces);
  }
}

/** What came after *before*, so that the two are *now*; null where they are not.
 * @param {import("./types.js").Piece[]} before
 * @param {import("./types.js").Piece[]} now
 * @returns {import("./types.js").Piece[]|null} */
export function added(before, now) {
  let at = 0, into = 0; // a piece of *now*, and how much of it has been there before
  for (const [stream, text] of before) {
    for (let from = 0; from < text.length;) {
      const piece = now[at];
      if (!piece || piece[0] !== stream) return null;
      const length = Math.min(text.length - from, piece[1].length - into);
      if (piece[1].substr(into, length) !== text.substr(from, length)) return null;
      from += length;
      into += length;
      if (into === piece[1].length) [at, into] = [at + 1, 0];
    }
  }
  const [first, ...rest] = now.slice(at);
  return first ? [[first[0], first[1].slice(into)], ...rest] : [];
}

/** @param {At} one
 * @param {At} other */
export function same(one, other) {
  return one[0] === other[0] && one[1] === other[1];
}

/** @param {At} at */
export function sum(at) {
  return at[0] + at[1];
}
