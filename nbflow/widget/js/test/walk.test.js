import assert from "node:assert/strict";
import { test } from "node:test";
import { step } from "../src/walk.js";

const node = (/** @type {string} */ job, /** @type {number} */ x, /** @type {number} */ y) => [job, x, y, 100, 40, job, "node"];
//   load ─ clean ┬ fit ─ report
//   params       └ plot            alone stands below
const graph = /** @type {any} */ ({
  nodes: [node("load", 0, 0), node("clean", 150, 0), node("fit", 300, 0), node("plot", 300, 60), node("report", 450, 0), node("params", 0, 60), node("alone", 0, 200)],
  links: [[0, 1], [1, 2], [1, 3], [2, 4]],
});
const walk = (/** @type {number} */ at, /** @type {string[]} */ ...keys) => keys.reduce((here, key) => step(graph, here, `Arrow${key}`), at);

test("left and right follow the links", () => {
  assert.equal(walk(0, "Right", "Right", "Right"), 4);
  assert.equal(walk(4, "Left", "Left", "Left"), 0);
});

test("of several links the straightest is followed", () => {
  assert.equal(walk(1, "Right"), 2);
});

test("up and down stay in the column", () => {
  assert.equal(walk(2, "Down"), 3);
  assert.equal(walk(3, "Up"), 2);
  assert.equal(walk(0, "Down", "Down"), 6);
});

test("at the border one stays", () => {
  assert.equal(walk(4, "Right"), 4);
  assert.equal(walk(0, "Up"), 0);
  assert.equal(walk(0, "Left"), 0);
});

test("Home and End lead to the first and the last job", () => {
  assert.equal(step(graph, 3, "Home"), 0);
  assert.equal(step(graph, 3, "End"), 6);
});

test("every job can be reached from the first by arrows alone", () => {
  const reached = new Set([0]), open = [0];
  while (open.length) {
    const at = /** @type {number} */ (open.pop());
    for (const key of ["Left", "Right", "Up", "Down"]) {
      const next = walk(at, key);
      if (!reached.has(next)) reached.add(next), open.push(next);
    }
  }
  assert.equal(reached.size, graph.nodes.length);
});

test("inside a block of cells arrows go from cell to cell", () => {
  const cell = (/** @type {number} */ at) => [`m${at}`, 150 + (at % 3) * 28, Math.floor(at / 3) * 28, 22, 22, "", "dot"];
  const block = /** @type {any} */ ({ nodes: [node("load", 0, 0), ...[0, 1, 2, 3, 4, 5].map(cell)], links: [1, 2, 3, 4, 5, 6].map((to) => [0, to]) });
  assert.equal(step(block, 1, "ArrowRight"), 2);
  assert.equal(step(block, 1, "ArrowDown"), 4);
  assert.equal(step(block, 6, "ArrowLeft"), 5);
  assert.equal(step(block, 1, "ArrowLeft"), 0);
});
