import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Foreseen } from "../src/foreseen.js";

const told = (seconds) => ({ follow: 0, below: 0, seconds: [seconds, seconds, seconds], last: [] });

/** @returns {{foreseen: Foreseen, asked: string[][], present: {live: boolean}}} */
function made() {
  const asked = [], present = { live: true };
  return { foreseen: new Foreseen(present, (names) => asked.push(names), new AbortController().signal), asked, present };
}

test("what is asked for once is not asked for again, and then known", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { foreseen, asked } = made();
  assert.equal(foreseen.of(["fit"], "F1"), null);
  assert.equal(foreseen.of(["fit"], "F1"), null);
  assert.deepEqual(asked, [["fit"]]);
  foreseen.take(1, told(42));
  assert.equal(foreseen.of(["fit"], "F1").seconds[0], 42);
  assert.equal(foreseen.of(["fit"], "F2"), null, "it stands otherwise by now");
  mock.timers.reset();
});

test("while many things are pointed at, only the last is asked for", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { foreseen, asked } = made();
  for (const name of ["a", "b", "c", "d"]) foreseen.of([name], "F1");
  assert.deepEqual(asked, [["a"]]);
  mock.timers.tick(400);
  assert.deepEqual(asked, [["a"], ["d"]]);
  mock.timers.reset();
});

test("a late answer is not taken for another's", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { foreseen } = made();
  foreseen.of(["a"], "F1");
  foreseen.of(["b"], "F1");
  mock.timers.tick(400);
  foreseen.take(1, told(1));
  assert.equal(foreseen.of(["b"], "F1"), null);
  foreseen.take(2, told(2));
  assert.equal(foreseen.of(["b"], "F1").seconds[0], 2);
  mock.timers.reset();
});

test("nothing is asked for the past, for nothing, or for very many", () => {
  const { foreseen, asked, present } = made();
  foreseen.of([], "");
  foreseen.of(Array.from({ length: 5001 }, (_, at) => `job${at}`), "F");
  present.live = false;
  foreseen.of(["a"], "F1");
  assert.deepEqual(asked, []);
});
