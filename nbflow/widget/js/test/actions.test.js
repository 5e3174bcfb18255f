import assert from "node:assert/strict";
import { test } from "node:test";
import { actions, short } from "../src/actions.js";

const details = (/** @type {object} */ more = {}) => /** @type {any} */ ({ asked: "", kind: "", ...more });
/** The operations that make sense. */
const can = (/** @type {string} */ letter, more = {}) =>
  actions(letter, details(more)).filter((action) => !action.no).map((action) => action.op).join(" ");

test("each status offers what makes sense in it", () => {
  const offered = Object.fromEntries([..."HWQRTSFKC"].map((letter) => [letter, can(letter)]));
  assert.deepEqual(offered, {
    H: "run skip cancel", W: "skip cancel", Q: "skip cancel", R: "skip cancel", T: "skip cancel",
    S: "retry", F: "retry skip", K: "retry", C: "retry skip",
  });
});

test("a job skipped because of another is not retried itself", () => {
  assert.equal(can("K", { kind: "upstream failed" }), "");
});

test("what is being stopped is not stopped again", () => {
  assert.equal(can("R", { asked: "being cancelled" }), "");
});

test("without details nothing is promised but by the status", () => {
  assert.deepEqual(actions("F").map((action) => action.no === ""), [true, true, false]);
});

test("what makes no sense says why", () => {
  for (const letter of "HWQRTSFKC") for (const action of actions(letter, details())) assert.equal(typeof action.no, "string");
  assert.equal(actions("S", details()).find((action) => action.op === "cancel")?.no, "it has ended");
});

test("keys are R, S and C, also for running a held job", () => {
  for (const letter of "HF") assert.deepEqual(actions(letter, details()).map((action) => action.key), ["r", "s", "c"]);
});

test("a long name keeps both ends on a button, and no half characters", () => {
  assert.equal(short("fit"), "fit");
  assert.equal(short("fit_the_model_with_everything[alpha=0.001]"), "fit_the_mode…pha=0.001]");
  assert.ok(!/[\ud800-\udbff](?![\udc00-\udfff])/.test(short("😀".repeat(40))));
});
