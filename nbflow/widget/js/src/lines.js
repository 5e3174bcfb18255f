import { PLAIN, changed, classes } from "./style.js";

/** @typedef {import("./types.js").Piece} Piece */
/** What stands in a line. *stream*: who printed it; *text*: all of it, *runs* its parts with their class names.
 * @typedef {{stream: string, text: string, runs: [text: string, classes: string][]}} Line */

// What a terminal obeys, or swallows, and what it shows as a sign.
const CODES = /\x1b\[([0-?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-Z\\^-~]|[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f]/g;
const CUT = /\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*)?$/; // a code whose end has not come yet
const UP = 1000; // lines that a program may go back, to draw over them

/** Reads what was printed as a terminal shows it, on and on: colours, lines that are written over, progress bars. */
export class Reader {
  constructor() {
    /** @type {Line[]} */
    this.lines = [];
    /** @type {Record<string, Writer>} */
    this.writers = {};
    this.touched = 0; // from this line on there is something new
  }

  /** @param {Piece[]} pieces */
  feed(pieces) {
    for (const [stream, text] of pieces) (this.writers[stream] ??= new Writer(this, stream)).write(text);
  }
}

/** One stream's pen: where it writes next. A stream that goes on with its line does so where that stands. */
class Writer {
  /** @param {Reader} reader
   * @param {string} stream */
  constructor(reader, stream) {
    this.reader = reader;
    this.stream = stream;
    this.style = PLAIN;
    this.held = "";
    /** @type {number[]} */
    this.rows = []; // its last lines, by number
    this.row = 0;
    this.at = 0;
  }

  /** @param {string} text */
  write(text) {
    const whole = this.held + text, cut = CUT.exec(whole);
    this.held = cut && cut[0].length < 200 ? cut[0] : "";
    const end = whole.length - this.held.length;
    let from = 0;
    CODES.lastIndex = 0;
    for (let code; (code = CODES.exec(whole)) && code.index < end;) {
      if (code.index > from) this.put(whole.slice(from, code.index));
      this.obey(code);
      from = code.index + code[0].length;
    }
    if (from < end) this.put(whole.slice(from, end));
  }

  /** @param {RegExpExecArray} code */
  obey([sign, numbers, command]) {
    if (command === "m") this.style = changed(this.style, numbers);
    else if (command === "K") this.wipe(Number(numbers || 0));
    else if (command === "A") this.row = Math.max(0, this.row - Number(numbers || 1));
    else if (command === "B") this.row = Math.min(this.rows.length, this.row + Number(numbers || 1));
    else if (command === "G") this.at = Math.max(0, Number(numbers || 1) - 1);
    else if (sign === "\n") this.next();
    else if (sign === "\r") this.at = 0;
    else if (sign === "\b") this.at = Math.max(0, this.at - 1);
    else if (sign.length === 1 && !"\x07\x00\x0b\x0c".includes(sign)) this.put(sign === "\x7f" ? "␡" : String.fromCharCode(0x2400 + sign.charCodeAt(0)));
  }

  next() {
    this.line();
    this.row += 1;
    this.at = 0;
  }

  /** The line it writes into; one that was only begun by the end of another is opened now. */
  line() {
    const { lines } = this.reader;
    if (this.row >= this.rows.length) {
      this.rows.push(lines.length);
      if (this.rows.length > UP) this.rows.shift();
      this.row = this.rows.length - 1;
      lines.push({ stream: this.stream, text: "", runs: [] });
    }
    const number = this.rows[this.row];
    this.reader.touched = Math.min(this.reader.touched, number);
    return lines[number];
  }

  /** @param {string} text */
  put(text) {
    const line = this.line(), style = classes(this.style), missing = this.at - line.text.length;
    if (missing > 0) [text, this.at] = [" ".repeat(Math.min(500, missing)) + text, line.text.length];
    const end = this.at + text.length, last = line.runs.at(-1);
    if (this.at < line.text.length) this.keep(line, [...part(line.runs, 0, this.at), [text, style], ...part(line.runs, end, Infinity)]);
    else {
      if (last && last[1] === style) last[0] += text;
      else line.runs.push([text, style]);
      line.text += text;
    }
    this.at = end;
  }

  /** @param {number} what 0: the rest of the line, 1: its beginning, 2: all of it */
  wipe(what) {
    const line = this.line();
    if (what === 0) this.keep(line, part(line.runs, 0, this.at));
    else if (what === 2) this.keep(line, []);
  }

  /** @param {Line} line
   * @param {[string, string][]} runs */
  keep(line, runs) {
    line.runs = runs;
    line.text = runs.map(([text]) => text).join("");
  }
}

/** @param {[string, string][]} runs
 * @param {number} from
 * @param {number} to
 * @returns {[string, string][]} */
export function part(runs, from, to) {
  /** @type {[string, string][]} */
  const found = [];
  let at = 0;
  for (const [text, style] of runs) {
    const piece = text.slice(Math.max(0, from - at), Math.max(0, to - at));
    if (piece) found.push([piece, style]);
    at += text.length;
  }
  return found;
}
