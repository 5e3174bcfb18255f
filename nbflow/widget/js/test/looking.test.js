import assert from "node:assert/strict";
import { test } from "node:test";
import { matches, nearest } from "../src/looking.js";

const lines = ["alpha Beta", "no", "beta (b.eta)", "İstanbul beta"].map((text) => ({ text }));

test("small letters find all, capitals only themselves", () => {
  assert.deepEqual(matches(lines, "beta"), [[0, 6, 10], [2, 0, 4], [3, 9, 13]]);
  assert.deepEqual(matches(lines, "Beta"), [[0, 6, 10]]);
});

test("what is looked for is no pattern", () => {
  assert.deepEqual(matches(lines, "(b.eta)"), [[2, 5, 12]]);
  assert.deepEqual(matches(lines, ""), []);
});

test("the search begins with what is in sight", () => {
  const found = matches(lines, "beta");
  assert.deepEqual([nearest(found, 1), nearest(found, 9), nearest([], 0)], [1, 0, -1]);
});
