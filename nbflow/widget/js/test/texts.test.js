import assert from "node:assert/strict";
import { test } from "node:test";
import { pieces } from "../src/ansi.js";
import { diff } from "../src/diff.js";
import { apart } from "../src/timeline.js";

test("colour codes become classes, texts stay texts", () => {
  assert.deepEqual(pieces("a\x1b[31mred \x1b[1mbold\x1b[0m b"), [["a", ""], ["red ", "a-1"], ["bold", "a-1 a-b"], [" b", ""]]);
  assert.deepEqual(pieces("<b>no</b>"), [["<b>no</b>", ""]]);
});

test("bright colours count as colours, unknown codes as nothing", () => {
  assert.deepEqual(pieces("\x1b[92mok\x1b[39m\x1b[4m."), [["ok", "a-2"], [".", ""]]);
});

test("lines that came and went are told apart from those that stayed", () => {
  assert.deepEqual(diff("a\nb\nc", "a\nx\nc\nd"), [[" ", "a"], ["-", "b"], ["+", "x"], [" ", "c"], ["+", "d"]]);
  assert.deepEqual(diff("a", "a"), [[" ", "a"]]);
});

test("a very long text is not compared line by line", () => {
  const long = Array.from({ length: 2000 }, (_, at) => String(at)).join("\n");
  assert.ok(diff("a", long).every(([mark]) => mark === " "));
});

test("ticks of the timeline are round and not too many", () => {
  assert.deepEqual([apart(0.05, 10), apart(52, 14), apart(4000, 10), apart(1e7, 10)], [0.005, 5, 600, 1036800]);
});
