import assert from "node:assert/strict";
import { test } from "node:test";
import { step } from "../src/walk.js";

/** a diamond: 0 → 1, 2 → 3, and 4 alone below */
const node = (name, x, y, form = "node") => [name, x, y, form === "node" ? 120 : 22, form === "node" ? 44 : 22, name, form];
const diamond = {
  nodes: [node("a", 0, 50), node("b", 200, 0), node("c", 200, 100), node("d", 400, 50), node("e", 0, 200)],
  links: [[0, 1], [0, 2], [1, 3], [2, 3]], wires: [], frames: [], width: 520, height: 250,
};

test("right and left follow the links", () => {
  assert.ok([1, 2].includes(step(diamond, 0, "ArrowRight")));
  assert.equal(step(diamond, 1, "ArrowRight"), 3);
  assert.equal(step(diamond, 1, "ArrowLeft"), 0);
});

test("up and down stay in the column", () => {
  assert.equal(step(diamond, 1, "ArrowDown"), 2);
  assert.equal(step(diamond, 2, "ArrowUp"), 1);
  assert.equal(step(diamond, 0, "ArrowDown"), 4);
});

test("where nothing is, one stays", () => {
  assert.equal(step(diamond, 3, "ArrowRight"), 3);
  assert.equal(step(diamond, 1, "ArrowUp"), 1);
});

test("home and end are the first and the last job", () => {
  assert.equal(step(diamond, 2, "Home"), 0);
  assert.equal(step(diamond, 2, "End"), 4);
});

test("in a block of cells right is the next cell, and beyond its edge the dependent", () => {
  const cells = [0, 1, 2].map((n) => node(`f${n}`, 200 + 28 * n, 0, "dot"));
  const fan = { nodes: [node("a", 0, 0), ...cells, node("z", 400, 0)], links: [1, 2, 3].flatMap((n) => [[0, n], [n, 4]]), wires: [], frames: [], width: 520, height: 44 };
  assert.equal(step(fan, 0, "ArrowRight") > 0, true);
  assert.deepEqual([1, 2, 3].map((at) => step(fan, at, "ArrowRight")), [2, 3, 4]);
  assert.deepEqual([3, 2, 1].map((at) => step(fan, at, "ArrowLeft")), [2, 1, 0]);
});

test("every node can be reached by arrows from the first", () => {
  const seen = new Set([0]);
  for (const at of seen) for (const key of ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"]) seen.add(step(diamond, at, key));
  assert.equal(seen.size, diamond.nodes.length);
});
