import { inflated } from "./inflated.js";

/** @typedef {import("./types.js").At} At */
/** A part of a log with its bytes. *wire*: what it cost to send.
 * @typedef {{from: At, to: At, size: At, parts: [stream: string, bytes: Uint8Array<ArrayBuffer>][], wire: number}} Fetched */
/** @typedef {{kind: string, number: number, said?: string, from?: At, to?: At, size?: At, spans?: [string, number][], packed?: string}} Answer */

/** Asks for parts of logs, and gives each answer to the one who asked. */
export class Courier {
  /** @param {(job: string, place: import("./types.js").Place, ask: import("./book.js").Ask) => number|undefined} ask gives the request's number */
  constructor(ask) {
    this.ask = ask;
    /** @type {Map<number, {done(part: Fetched): void, failed(error: Error): void}>} */
    this.open = new Map();
  }

  /** @param {string} job
   * @param {import("./types.js").Place} place
   * @param {import("./book.js").Ask} ask
   * @returns {Promise<Fetched>} fails where the kernel refuses */
  fetch(job, place, ask) {
    return new Promise((done, failed) => {
      const number = this.ask(job, place, ask);
      if (number === undefined) failed(new Error("the kernel cannot be asked now"));
      else this.open.set(number, { done, failed });
    });
  }

  /** @param {Answer} answer */
  hear(answer) {
    const waits = this.open.get(answer.number);
    this.open.delete(answer.number);
    if (answer.kind === "log") void unpacked(answer).then(waits?.done, waits?.failed);
    else waits?.failed(new Error(answer.said ?? "refused"));
  }
}

/** @param {Answer} answer
 * @returns {Promise<Fetched>} */
export async function unpacked({ from = [0, 0], to = [0, 0], size = [0, 0], spans = [], packed = "" }) {
  const whole = await inflated(packed).arrayBuffer();
  let at = 0;
  const parts = spans.map(([stream, length]) => /** @type {[string, Uint8Array<ArrayBuffer>]} */ ([stream, new Uint8Array(whole, (at += length) - length, length)]));
  return { from, to, size, parts, wire: packed.length };
}

/** The same as text.
 * @param {Fetched} fetched
 * @returns {import("./types.js").LogPart} */
export function asText({ from, to, size, parts }) {
  const decoder = new TextDecoder();
  return { from, to, size, pieces: parts.map(([stream, bytes]) => [stream, decoder.decode(bytes)]) };
}
