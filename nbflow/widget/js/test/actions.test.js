import assert from "node:assert/strict";
import { test } from "node:test";
import { actions, groupActions, manyActions, outcome, pauseAction, saying, toRetry } from "../src/actions.js";

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
  const [retry, cancel] = groupActions("fits", ["undecided", 1, 4, "", 2, 1]);
  assert.deepEqual([retry.name, cancel.name], ["Retry 1 failed of group fits", "Cancel group fits: 2 jobs"]);
  assert.ok(groupActions("fits", ["met", 3, 3, "", 0, 0]).every(({ no }) => no.length > 8));
});

test("a run is paused, or let go on", () => {
  assert.equal(pauseAction({ paused: false, verdict: "running" }).op, "pause");
  assert.equal(pauseAction({ paused: true, verdict: "running" }).op, "unpause");
  assert.ok(pauseAction({ paused: false, verdict: "succeeded" }).no);
});

test("what was asked is said in words", () => {
  assert.deepEqual(["retry", "skip-last", "cancel"].map((op) => saying(op, "fit")), ["Retry fit", "Skip fit with its last good outputs", "Cancel fit"]);
  assert.equal(saying("pause", ""), "Pause all");
});

test("a retry says how long it takes, as far as that is known", () => {
  const told = (seconds, more) => actions("fit", "F", details(more), { follow: 2, below: 2, seconds, last: [] })[0].word;
  assert.equal(told([42, 42, 42]), "Retry, about 42 s");
  assert.equal(told([0.2, 0.2, 0.2]), "Retry, under 1 s");
  assert.equal(told([42, 100, 100], { follow: [2, 2] }), "Retry and 2 downstream, about 2 m");
  assert.equal(told([12, null, null], { follow: [2, 2] }), "Retry (about 12 s) and 2 downstream");
  assert.equal(told([null, null, null], { follow: [2, 2] }), "Retry and 2 downstream");
});

test("an act on many is about those for which it means something", () => {
  const acts = manyActions([0, 1, 2, 3, 4], "FSRWF", null);
  assert.deepEqual(acts.map(({ op, word, targets }) => [op, word, targets]), [
    ["retry", "Retry 2 failed", [0, 4]], ["skip", "Skip 4", [0, 2, 3, 4]], ["cancel", "Cancel 2", [2, 3]],
  ]);
});

test("where there is nothing to be done with many, that is said", () => {
  const acts = manyActions([0, 1], "WW", null);
  assert.deepEqual(acts.map(({ op, no }) => [op, no]), [["retry", "none of it has ended"], ["skip", ""], ["cancel", ""]]);
  assert.equal(manyActions([0, 1], "HH", null)[0].word, "Run 2");
});

test("many are retried with what depends on them, and the time is said once", () => {
  const [retry, all, , last] = manyActions([3, 5], "WWWFWF", { follow: 1, below: 4, seconds: [10, 20, 40], last: [1] }, " of fits");
  assert.deepEqual([retry.name, retry.said], ["Retry 2 failed of fits and 1 downstream, about 20 s", "Retry 2 failed of fits"]);
  assert.deepEqual([all.name, all.said], ["Retry 2 failed of fits and 4 downstream, about 40 s", "Retry 2 failed of fits with downstream"]);
  assert.deepEqual([last.word, last.targets], ["Skip 1 with last good outputs", [5]]);
});

test("a retry of many is of what has failed; else of what was stopped, else of all that has ended", () => {
  assert.deepEqual(toRetry([0, 1, 2, 3], "FCSN"), [0, 3]);
  assert.deepEqual(toRetry([1, 2], "FCSN"), [1]);
  assert.deepEqual(toRetry([0, 1, 2], "SKM"), [0, 2]);
  assert.deepEqual(toRetry([0], "R"), []);
});

test("what became of a request is said with numbers", () => {
  assert.equal(outcome("Retry 6 failed", { kind: "done", number: 1, count: 6, of: 6 }), "Retry 6 failed: accepted.");
  assert.equal(outcome("Retry 6 failed", { kind: "done", number: 1, count: 5, of: 6 }), "Retry 6 failed: 5 of 6; 1 has changed meanwhile.");
  assert.equal(outcome("Retry fit", { kind: "done", number: 1, count: 0, of: 1 }), "Retry fit: nothing to do, it has changed meanwhile.");
  assert.equal(outcome("Skip fit", { kind: "refused", number: 1, said: "the engine is gone" }), "Skip fit: the engine is gone");
});
