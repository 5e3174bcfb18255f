import assert from "node:assert/strict";
import { test } from "node:test";
import { next } from "../src/finder.js";

test("the next one looked for comes after the present one, around the end", () => {
  const wanted = [false, true, false, true];
  assert.deepEqual([-1, 1, 3].map((from) => next(wanted, from, false)), [1, 3, 1]);
  assert.deepEqual([3, 1].map((from) => next(wanted, from, true)), [1, 3]);
});

test("where nothing is found there is no next one", () => {
  assert.equal(next([false, false], 0, false), -1);
  assert.equal(next([], -1, false), -1);
});
