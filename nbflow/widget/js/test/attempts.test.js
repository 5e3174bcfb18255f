import assert from "node:assert/strict";
import { test } from "node:test";
import { attempt, called, placed, unplaced } from "../src/attempts.js";

test("an attempt and its steps have places that can be read back", () => {
  assert.deepEqual([placed(2, null), placed(2, 0)], ["2", "2/0"]);
  for (const place of [[2, null], [2, 0], [12, 3]]) assert.deepEqual(unplaced(placed(...place)), place);
});

test("the attempt of another run that is reused has no number of its own", () => {
  assert.deepEqual([attempt(2), attempt(0)], ["attempt 2", "the attempt it is reused from"]);
  assert.deepEqual(unplaced(placed(0, null)), [0, null]);
});

test("a step is called by what it is and what it calls", () => {
  assert.equal(called({ step: "recovery", name: "" }), "recovery script");
  assert.equal(called({ step: "fallback", name: "use_cache" }), "fallback use_cache");
});
