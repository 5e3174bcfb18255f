import assert from "node:assert/strict";
import { test } from "node:test";
import { streams, wiresIn } from "../src/reach.js";

/** a → b → d, a → c, e alone; b and c are cells of one block */
const graph = { links: [[0, 1], [1, 3], [0, 2]], stands: [0, 1, 1, 2, 3], ends: [[0, 1], [1, 2]] };

test("what a node needs and what needs it, at however many removes", () => {
  const { above, below } = streams(graph, 1);
  assert.deepEqual([[...above].sort(), [...below].sort()], [[0, 1], [1, 3]]);
});

test("a node that touches nothing stands alone", () => {
  const { above, below } = streams(graph, 4);
  assert.deepEqual([[...above], [...below]], [[4], [4]]);
});

test("wires stand out between nodes that depend on each other through the one pointed at", () => {
  assert.deepEqual(wiresIn(graph, streams(graph, 1)), [true, true]);
  assert.deepEqual(wiresIn(graph, streams(graph, 2)), [true, false]);
});

test("a loop of links is gone through once", () => {
  assert.equal(streams({ links: [[0, 1], [1, 0]] }, 0).below.size, 2);
});
