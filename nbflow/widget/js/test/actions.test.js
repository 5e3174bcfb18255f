import assert from "node:assert/strict";
import { test } from "node:test";
import { actions, groupActions, pauseAction, saying } from "../src/actions.js";

const LETTERS = "HWQRTVBLSDUMFKCN";
const details = (more = {}) => ({ kind: "", asked: "", follow: [0, 0], last_good: null, ...more });
const can = (letter, more) => actions("fit", letter, more && details(more)).filter((action) => !action.no).map((action) => action.op);
const find = (op, letter, more) => actions("fit", letter, details(more)).find((action) => action.op === op);

test("only what has a meaning can be done", () => {
  assert.deepEqual(can("H"), ["run", "skip", "cancel"]);
  for (const letter of "WQRTVBL") assert.deepEqual(can(letter), ["skip", "cancel"]);
  for (const letter of "SDUM") assert.deepEqual(can(letter), ["retry"]);
  assert.deepEqual(can("F"), ["retry", "skip"]);
  assert.deepEqual(can("N"), ["retry", "skip"]);
  assert.deepEqual(can("K"), ["retry"]);
  assert.deepEqual(can("C"), ["retry", "skip"]);
});

test("what is skipped for a failure above is not retried itself", () => {
  assert.deepEqual(can("K", { kind: "upstream failed" }), []);
});

test("what is being stopped is not stopped again", () => {
  assert.deepEqual(can("R", { asked: "being cancelled" }), []);
});

test("whatever cannot be done says why", () => {
  for (const letter of LETTERS) for (const { no, op } of actions("fit", letter)) assert.ok(can(letter).includes(op) || no.length > 8);
});

test("retry says how many follow by themselves", () => {
  const retry = find("retry", "F", { follow: [2, 2] });
  assert.deepEqual([retry.word, retry.name], ["Retry and 2 downstream", "Retry fit and 2 downstream"]);
  assert.equal(find("retry-downstream", "F", { follow: [2, 2] }), undefined);
});

test("where some would not follow by themselves, that is a choice of its own", () => {
  assert.equal(find("retry", "S", { follow: [1, 3] }).name, "Retry fit");
  assert.equal(find("retry-downstream", "S", { follow: [1, 3] }).name, "Retry fit and 3 downstream");
  assert.equal(find("retry-downstream", "R", { follow: [1, 3] }), undefined);
});

test("last good outputs are offered where there are some, and needed", () => {
  assert.match(find("skip-last", "F", { last_good: 2 }).does, /attempt 2/);
  for (const letter of "SDUM") assert.equal(find("skip-last", letter, { last_good: 2 }), undefined);
  assert.equal(find("skip-last", "F"), undefined);
});

test("no two actions on a job have one key", () => {
  for (const letter of LETTERS) {
    const keys = actions("fit", letter, details({ follow: [1, 3], last_good: 1 })).map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length);
  }
});

test("a group's buttons say how many they mean, and are not there for none", () => {
  const [retry, cancel] = groupActions("fits", ["undecided", 1, 4, "", 2, 1, 4]);
  assert.deepEqual([retry.name, cancel.name], ["Retry 1 failed of group fits", "Cancel group fits: 2 jobs"]);
  assert.ok(groupActions("fits", ["met", 3, 3, "", 0, 0, 3]).every(({ no }) => no.length > 8));
});

test("a run is paused, or let go on", () => {
  assert.equal(pauseAction({ paused: false, verdict: "running" }).op, "pause");
  assert.equal(pauseAction({ paused: true, verdict: "running" }).op, "unpause");
  assert.ok(pauseAction({ paused: false, verdict: "succeeded" }).no);
});

test("what was asked is said in words", () => {
  assert.deepEqual(["retry", "skip-last", "cancel-group"].map((op) => saying(op, "fit")), ["Retry fit", "Skip fit with its last good outputs", "Cancel group fit"]);
  assert.equal(saying("pause", ""), "Pause all");
});

