import assert from "node:assert/strict";
import { test } from "node:test";
import { Axis, apart } from "../src/axis.js";

function axis(from = 100, to = 200) {
  const found = new Axis();
  found.take(from, to);
  found.place(10, 1000);
  return found;
}

test("all of a run fills the width, also when it grows", () => {
  const one = axis();
  assert.deepEqual([one.x(100), one.x(150), one.x(200)], [10, 510, 1010]);
  one.take(100, 300);
  assert.equal(one.x(200), 510);
});

test("what is under the mouse stays there while it is looked at closely", () => {
  const one = axis();
  one.zoom(4, 260);
  assert.equal(Math.round(one.time(260)), 125);
  assert.equal(Math.round(one.span), 25);
});

test("nothing before the run and nothing after it is ever seen", () => {
  const one = axis();
  one.zoom(4, 10);
  one.pan(-5000);
  assert.equal(one.start, 100);
  one.pan(50000);
  assert.equal(Math.round(one.start + one.span), 200);
  one.zoom(0.001);
  assert.equal(one.seen, null);
});

test("what keys go to is brought into sight", () => {
  const one = axis();
  one.look(100, 110);
  one.reveal(150, 152);
  assert.ok(one.start <= 150 && one.start + one.span >= 152);
});

test("ticks are round, and few", () => {
  const { step, at } = axis().ticks();
  assert.equal(step, 10);
  assert.deepEqual(at.slice(0, 3), [100, 110, 120]);
  for (const span of [0.01, 1, 100, 1e5, 1e7]) assert.ok(span / apart(span, 10) <= 10);
});
