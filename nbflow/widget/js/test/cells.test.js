import assert from "node:assert/strict";
import { test } from "node:test";
import { beside, boxes, corner, lines, placeAt } from "../src/cells.js";
import { Jobs, spread } from "../src/jobs.js";

const grid = [10, 30, 16, 12, 18, 4];

test("a cell is found where it is drawn", () => {
  for (const place of [0, 15, 16, 40]) {
    const [x, y] = corner(grid, place);
    assert.equal(placeAt(grid, 41, x + 6, y + 9), place);
  }
});

test("beside the grid there is no cell", () => {
  assert.equal(placeAt(grid, 41, 5, 35), -1);
  assert.equal(placeAt(grid, 41, ...corner(grid, 41)), -1);
  assert.equal(placeAt(grid, 41, 300, 35), -1);
});

test("arrow keys walk in the grid and leave it at its edges", () => {
  assert.deepEqual(["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"].map((key) => beside(grid, 41, 17, key)), [18, 16, 33, 1]);
  assert.deepEqual(["ArrowRight", "ArrowLeft", "ArrowUp"].map((key) => beside(grid, 16, key === "ArrowRight" ? 15 : 0, key)), [-1, -1, -1]);
});

test("a failed cell has a cross, one too small for it has none", () => {
  assert.match(lines(grid, [0], "cross"), /^M.*L.*M.*L/);
  assert.equal(lines([0, 0, 10, 4, 4, 1], [0], "cross"), "");
  assert.equal(boxes(grid, [0, 1]), "M10,30h12v18h-12zM26,30h12v18h-12z");
});

test("jobs know their boxes", () => {
  const jobs = new Jobs();
  jobs.take("a\nf[1]\nf[2]\nb", { nodes: [["a", 0, 0, 1, 1, "a", "node", [0]], ["f", 0, 0, 1, 1, "f", "strip", [1, 2], "", grid], ["b", 0, 0, 1, 1, "b", "node", [3]]] });
  assert.deepEqual([jobs.number("f[2]"), jobs.node[2], jobs.of[1]], [2, 1, [1, 2]]);
  assert.equal(jobs.number("nobody"), -1);
  assert.deepEqual(spread([3, 2, 9, 1]), [3, 4, 9]);
});
