import assert from "node:assert/strict";
import { test } from "node:test";
import { lines } from "../src/groups.js";

/** @param {string} verdict
 * @param {number} good
 * @param {number} bad
 * @returns {any} */
const standing = (verdict, good, bad) => [verdict, good, 3, "", 0, bad, good, bad];

test("a group that is not decided tells what is needed, and how its members stand", () => {
  assert.deepEqual(lines("fits", "2 of 3 needed", "2 of 3", standing("undecided", 1, 1)).map((line) => line.join("")), [
    "fits · 2 of 3 needed: 1 ✓ 1 ✕", "fits · 2 of 3: 1 ✓ 1 ✕", "fits · 1 ✓ 1 ✕", "fits",
  ]);
});

test("a group that is decided says so, however little room there is", () => {
  assert.deepEqual(lines("fits", "2 of 3 needed", "2 of 3", standing("broken", 1, 2)).map((line) => line.join("")), [
    "fits · 2 of 3 needed: 1 ✓ 2 ✕ · broken", "fits · 2 of 3 needed · broken", "fits · 2 of 3 · broken", "fits · broken", "fits ✕",
  ]);
});

test("a group of which nothing has ended tells what is needed", () => {
  assert.deepEqual(lines("all", "all 3 needed", "all 3", standing("undecided", 0, 0))[0], ["all · all 3 needed", ""]);
  assert.deepEqual(lines("fan", "", "", standing("undecided", 2, 0)), [["fan · 2 ✓", ""], ["fan", ""]]);
  assert.deepEqual(lines("fan", "", "", undefined), [["fan", ""]]);
});
