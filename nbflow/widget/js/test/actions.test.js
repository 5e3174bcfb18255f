import assert from "node:assert/strict";
import { test } from "node:test";
import { actions, short } from "../src/actions.js";

const can = (letter, details) => actions(letter, details).filter((action) => !action.no).map((action) => action.op);

test("only what has a meaning can be done", () => {
  assert.deepEqual(can("H"), ["run", "skip", "cancel"]);
  assert.deepEqual(can("W"), ["skip", "cancel"]);
  assert.deepEqual(can("R"), ["skip", "cancel"]);
  assert.deepEqual(can("T"), ["skip", "cancel"]);
  assert.deepEqual(can("S"), ["retry"]);
  assert.deepEqual(can("F"), ["retry", "skip"]);
  assert.deepEqual(can("K"), ["retry"]);
  assert.deepEqual(can("C"), ["retry", "skip"]);
});

test("what is skipped for a failure above is not retried itself", () => {
  assert.deepEqual(can("K", { kind: "upstream failed", asked: "" }), []);
});

test("what is being stopped is not stopped again", () => {
  assert.deepEqual(can("R", { kind: "", asked: "being cancelled" }), []);
});

test("whatever cannot be done says why", () => {
  for (const letter of "HWQRTSFKC") for (const { no, op } of actions(letter)) assert.ok(can(letter).includes(op) || no.length > 8);
});

test("a long name keeps both ends on a button", () => {
  assert.equal(short("fit"), "fit");
  assert.equal(short("fit_gradient_boosting[learning_rate=0.001,max_depth=12]"), "fit_gradient…_depth=12]");
});
