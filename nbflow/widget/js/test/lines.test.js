import assert from "node:assert/strict";
import { test } from "node:test";
import { Reader, part } from "../src/lines.js";

/** @param {...(string|import("../src/types.js").Piece)} printed */
function read(...printed) {
  const reader = new Reader();
  for (const one of printed) reader.feed([typeof one === "string" ? ["out", one] : one]);
  return reader.lines;
}
const texts = (/** @type {import("../src/lines.js").Line[]} */ lines) => lines.map(({ text }) => text);

test("colour codes become classes, texts stay texts", () => {
  const [line] = read("a\x1b[31mred \x1b[1mbold\x1b[0m <b>b</b>");
  assert.deepEqual(line.runs, [["a", ""], ["red ", "a-1"], ["bold", "a-1 a-b"], [" <b>b</b>", ""]]);
});

test("bright colours, 256 and all colours are the nearest of the view's own; unknown codes are nothing", () => {
  const [line] = read("\x1b[92mok\x1b[0m\x1b[38;5;196mred\x1b[0m\x1b[38;2;10;20;240mblue\x1b[0m\x1b[38;5;250mgrey\x1b[48;5;226mlit\x1b[49;99m.");
  assert.deepEqual(line.runs, [["ok", "a-2"], ["red", "a-1"], ["blue", "a-4"], ["grey", ""], ["lit", "g-3"], [".", ""]]);
});

test("a log reads as a terminal shows it", () => {
  assert.deepEqual(texts(read("10%\r20%\r100%\nend")), ["100%", "end"]);
  assert.deepEqual(texts(read("long line\rshort")), ["shortline"]);
  assert.deepEqual(texts(read("long line\r\x1b[Kshort")), ["short"]);
  assert.deepEqual(texts(read("windows\r\nlines\r\n")), ["windows", "lines"]);
  assert.deepEqual(texts(read("abc\b\bX")), ["aXc"]);
  assert.deepEqual(texts(read("one\n\nthree\n")), ["one", "", "three"]);
});

test("links and titles are swallowed, other signs that control are seen", () => {
  assert.deepEqual(texts(read("to \x1b]8;;http://x\x07link\x1b]8;;\x07")), ["to link"]);
  assert.deepEqual(texts(read("a\x00b\x07c\x01d\x7f")), ["abc␁d␡"]);
});

test("bars below each other are drawn where they stand", () => {
  assert.deepEqual(texts(read("a 0\nb 0\n", "\x1b[2Aa 1\nb 1\n", "\x1b[Ab 2\n")), ["a 1", "b 2"]);
});

test("two streams keep their own lines", () => {
  const lines = read("one", ["err", "bar 1%"], " and more\n", ["err", "\rbar 2%"], "two\n");
  assert.deepEqual(lines.map(({ stream, text }) => [stream, text]), [["out", "one and more"], ["err", "bar 2%"], ["out", "two"]]);
});

test("a code that comes in two pieces is one", () => {
  assert.deepEqual(read("a\x1b[3", "1mred")[0].runs, [["a", ""], ["red", "a-1"]]);
});

test("what is read piece by piece is what is read at once", () => {
  const text = "x\x1b[1;34mblue\r\n10%\r50%\r\x1b[2K100% \x1b[38;5;196mdone\x1b[0m\ny\x1b[A\x1b[Gz\n";
  for (let cut = 0; cut <= text.length; cut += 1) assert.deepEqual(read(text.slice(0, cut), text.slice(cut)), read(text));
});

test("only lines that have changed are drawn anew", () => {
  const reader = new Reader();
  reader.feed([["out", "a\nb\nc"]]);
  reader.touched = reader.lines.length;
  reader.feed([["out", "d\ne"]]);
  assert.equal(reader.touched, 2);
});

test("a part of a line keeps its colours", () => {
  assert.deepEqual(part([["abc", ""], ["def", "a-1"]], 2, 5), [["c", ""], ["de", "a-1"]]);
});
