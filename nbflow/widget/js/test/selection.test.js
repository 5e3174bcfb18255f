import assert from "node:assert/strict";
import { test } from "node:test";
import { spread } from "../src/jobs.js";
import { Selection, between, touched } from "../src/selection.js";

// a → strip of 6 → z, and c, d beside each other in a column of their own
const NODES = [
  ["a", 0, 0, 100, 40, "a", "node", [0]],
  ["fit", 150, 0, 120, 60, "fit", "strip", [1, 6], "", [10, 30, 3, 10, 10, 2]],
  ["z", 320, 0, 100, 40, "z", "node", [7]],
  ["c", 0, 100, 100, 40, "c", "node", [8]],
  ["d", 0, 150, 100, 40, "d", "node", [9]],
  ["e", 0, 200, 100, 40, "e", "node", [10]],
];
const graph = { nodes: NODES, links: [[0, 1], [1, 2]] };
const of = NODES.map((node) => (node[9] ? spread(node[7]) : node[7])), node = [];
of.forEach((jobs, at) => jobs.forEach((job) => { node[job] = at; }));
const range = (from, to) => between(graph, of, node, from, to);

test("within a strip a range is a run of cells, either way", () => {
  assert.deepEqual(range(2, 4), [2, 3, 4]);
  assert.deepEqual(range(4, 2), [2, 3, 4]);
});

test("between two jobs lie all ways from the one to the other, either way", () => {
  assert.deepEqual(range(0, 7), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(range(7, 0), [0, 1, 2, 3, 4, 5, 6, 7]);
});

test("of a strip at the end of a way there is only the cell that was meant", () => {
  assert.deepEqual(range(0, 3), [0, 3]);
});

test("where no way leads, a range is what lies between on the page", () => {
  assert.deepEqual(range(8, 10), [8, 9, 10]);
  assert.deepEqual(range(10, 8), [8, 9, 10]);
});

test("a rectangle takes in the nodes and cells that it touches", () => {
  assert.deepEqual(touched(graph, of, [-5, 90, 20, 160]), [8, 9]);
  assert.deepEqual(touched(graph, of, [155, 25, 175, 36]), [1, 2]);
  assert.deepEqual(touched(graph, of, [500, 0, 600, 100]), []);
});

test("one more makes a selection of many, one less takes that back", () => {
  const selection = new Selection();
  selection.pick("a");
  selection.toggle(["b"]);
  assert.deepEqual([selection.job, selection.all, selection.anchor], ["", ["a", "b"], "b"]);
  selection.toggle(["a"]);
  assert.deepEqual([selection.job, selection.all], ["b", ["b"]]);
  selection.toggle(["b"]);
  assert.ok(selection.empty);
});

test("some of which all are picked are left out, else all are taken in", () => {
  const selection = new Selection();
  selection.put(["a", "b"]);
  selection.toggle(["b", "c"]);
  assert.deepEqual(selection.all, ["a", "b", "c"]);
  selection.toggle(["b", "c"]);
  assert.deepEqual(selection.all, ["a"]);
});

test("what is not there any more is let go", () => {
  const selection = new Selection();
  selection.put(["a", "b", "c"]);
  selection.prune((name) => name !== "b", () => true);
  assert.deepEqual(selection.all, ["a", "c"]);
  selection.open("fits");
  assert.deepEqual([selection.all, selection.empty], [[], false]);
  selection.prune(() => true, () => false);
  assert.ok(selection.empty);
});
