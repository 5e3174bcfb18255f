import assert from "node:assert/strict";
import { test } from "node:test";
import { diff } from "../src/diff.js";
import { apart } from "../src/axis.js";

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
